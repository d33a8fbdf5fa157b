"""Builds a legacy `tf_keras` model from a `Graph`, and reads it back."""

import numpy as np

# Kind of a node to the class of `tf_keras.layers`; the rest are functions
# below.
LAYERS = (
    "Add",
    "AveragePooling2D",
    "BatchNormalization",
    "Concatenate",
    "Conv2D",
    "Dense",
    "DepthwiseConv2D",
    "Flatten",
    "GlobalAveragePooling2D",
    "GlobalMaxPooling2D",
    "MaxPooling2D",
    "Multiply",
    "Reshape",
    "UpSampling2D",
    "ZeroPadding2D",
)


def write(graph, wrap=None):
    """Returns the `tf_keras.Model` of a graph, with its weights.

    Args:
        graph: The `Graph`.
        wrap: Called with each layer and its node; returns what stands in the
            model for it, such as one of tfmot's wrappers.

    Returns:
        A functional model from `image` to the graph's output.
    """
    import tensorflow as tf
    import tf_keras

    tensors = {}
    for node in graph.nodes:
        if node.kind == "Input":
            tensors[node.name] = tf_keras.Input(node.shape, name=node.name)
            continue
        inputs = [tensors[name] for name in node.inputs]
        inputs = inputs if len(inputs) > 1 else inputs[0]
        layer = _layer(tf_keras, node)
        # Built, with its weights, first: tfmot's wrappers look at them.
        with tf.name_scope(node.name):
            layer.build(_shapes(inputs))
        _set_weights(layer, node)
        layer = wrap(layer, node) if wrap else layer
        tensors[node.name] = layer(inputs)
    return tf_keras.Model(
        tensors[graph.input.name], tensors[graph.output], name=graph.name
    )


def update(graph, variables):
    """Returns a copy of a graph with weights that were trained.

    Args:
        graph: The graph that a model was written from.
        variables: Node name to the layer's variables or arrays, in the
            layer's order.
    """
    result = graph.copy()
    for node in result.nodes:
        for name, weight in zip(_order(node), variables.get(node.name, ())):
            node.weights[name] = np.array(weight, np.float32)
    return result


def _shapes(inputs):
    if isinstance(inputs, list):
        return [tuple(tensor.shape) for tensor in inputs]
    return tuple(inputs.shape)


def _layer(tf_keras, node):
    layers = tf_keras.layers
    if node.kind in LAYERS:
        config = dict(node.config)
        layer = getattr(layers, node.kind)(**config, name=node.name)
    elif node.kind == "ReLU":
        layer = layers.ReLU(**node.config, name=node.name)
    elif node.kind == "Linear":
        layer = layers.Activation("linear", name=node.name)
    elif node.kind == "Sigmoid":
        layer = layers.Activation("sigmoid", name=node.name)
    elif node.kind == "Tanh":
        layer = layers.Activation("tanh", name=node.name)
    elif node.kind == "Affine":
        weights = node.weights
        layer = layers.Rescaling(
            weights["scale"], weights["offset"], name=node.name
        )
    else:
        raise ValueError(f"A node cannot be of kind {node.kind!r}.")
    layer.trainable = node.trainable
    return layer


def _order(node):
    """Names of a node's weights in the order of the layer's own."""
    if node.kind == "BatchNormalization":
        names = ("gamma", "beta", "moving_mean", "moving_variance")
    elif node.kind == "Affine":
        names = ()
    else:
        names = ("kernel", "bias")
    return [name for name in names if name in node.weights]


def _set_weights(layer, node):
    names = _order(node)
    if names:
        layer.set_weights([node.weights[name] for name in names])
