"""Rewrites a `Graph` so that what is trained is what the file will hold.

A converter folds batch normalization into the convolution before it, scale
by scale: clusters would be torn apart and ranges learnt for other weights.
So it is folded first, and everything else is done to the folded weights.
"""

import numpy as np

from tfkd.compression.bridge.graph import Node
from tfkd.errors import InputError

_FOLDABLE = ("Conv2D", "Dense", "DepthwiseConv2D")


def rewrite(graph):
    """Returns a graph without batch normalization and affine layers.

    Batch normalization goes into the convolution or dense layer before it,
    where that is its only reader; elsewhere it becomes a 1x1 depthwise
    convolution, as does every fixed scaling: a quantized one stays in
    integers, where multiplication by a constant would not. The node "pixels"
    is added behind the input.

    Raises:
        InputError: If such a layer works on vectors and cannot be folded.
    """
    graph = graph.copy()
    image = graph.input
    # The place of the input's quantization.
    nodes = [image, Node("pixels", "Linear", (image.name,), shape=image.shape)]
    renamed = {image.name: "pixels"}
    for node in graph.nodes[1:]:
        node.inputs = tuple(renamed.get(name, name) for name in node.inputs)
        if node.kind == "BatchNormalization":
            source = _producer(nodes, node.inputs[0])
            alone = graph.sole_consumer(source.name) is not None
            if source.kind in _FOLDABLE and alone:
                _fold(source, *_scale_and_offset(node))
                renamed[node.name] = source.name
                continue
            scale, offset = _scale_and_offset(node)
            node = _depthwise(node, scale, offset)
        elif node.kind == "Affine":
            node = _depthwise(
                node, node.weights["scale"], node.weights["offset"]
            )
        nodes.append(node)
    graph.nodes = nodes
    graph.output = renamed.get(graph.output, graph.output)
    return graph


def _producer(nodes, name):
    return next(node for node in nodes if node.name == name)


def _scale_and_offset(node):
    """Batch normalization of a model in use, as y = scale * x + offset."""
    axis = node.config["axis"]
    axis = axis[0] if isinstance(axis, list | tuple) else axis
    if axis not in (-1, len(node.shape)):
        raise InputError(
            f"Batch normalization {node.name!r} must normalize the last "
            f"axis, received axis={axis}."
        )
    weights = {k: v.astype(np.float64) for k, v in node.weights.items()}
    deviation = np.sqrt(weights["moving_variance"] + node.config["epsilon"])
    scale = weights.get("gamma", 1.0) / deviation
    offset = weights.get("beta", 0.0) - weights["moving_mean"] * scale
    return scale, offset


def _fold(node, scale, offset):
    kernel = node.weights["kernel"].astype(np.float64)
    bias = node.weights.get("bias", np.zeros(len(scale))).astype(np.float64)
    if node.kind == "DepthwiseConv2D":
        # (height, width, channels, multiplier): outputs run over the last two.
        kernel = kernel * scale.reshape(kernel.shape[2:])
    else:
        kernel = kernel * scale
    node.weights = {
        "kernel": kernel.astype(np.float32),
        "bias": (bias * scale + offset).astype(np.float32),
    }
    node.config["use_bias"] = True


def _depthwise(node, scale, offset):
    if len(node.shape) != 3:
        raise InputError(
            f"Layer {node.name!r} scales vectors, which cannot be carried to "
            "an integer model. Put Rescaling before Flatten, batch "
            "normalization right behind a Dense layer without activation, "
            "and hard activations behind convolutions."
        )
    return Node(
        node.name,
        "DepthwiseConv2D",
        node.inputs,
        {"kernel_size": (1, 1), "depth_multiplier": 1, "use_bias": True},
        {
            "kernel": np.asarray(scale, np.float32).reshape(1, 1, -1, 1),
            "bias": np.asarray(offset, np.float32),
        },
        node.shape,
        trainable=node.trainable,
    )
