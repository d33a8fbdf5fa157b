"""Networks that are joined at their features."""

import keras
from keras import layers

from tfkd.errors import InputError
from tfkd.models import blocks
from tfkd.models import exits
from tfkd.models.rewrite import clone_layers


def fused_classifier(maps, num_classes, *, name="fused"):
    """A classifier on the joined maps of several networks.

    The maps are concatenated; a depthwise 3x3 convolution and a 1x1
    convolution to the first one's channels follow, each normalized and with a
    ReLU, then the mean over positions and a dense layer. Vectors pass one
    dense layer with a ReLU instead of the convolutions.

    Args:
        maps: Symbolic tensors, at least two. Those of another size or width
            than the first are brought to it by `exits.bottleneck`.
        num_classes: Width of the logits.
        name: Name of the logits' layer, and prefix of the others.

    Returns:
        Symbolic logits `(batch, num_classes)`.

    Raises:
        InputError: If some are maps and others vectors.
    """
    shapes = [tuple(tensor.shape) for tensor in maps]
    if len({len(shape) for shape in shapes}) > 1:
        raise InputError(
            "Maps are fused with maps, and vectors with vectors; received "
            f"shapes {shapes}. Choose taps of one rank."
        )
    target = min(shapes, key=lambda shape: shape[1:-1])
    fitted = [
        tensor
        if shape == target
        else exits.bottleneck(tensor, target, name=f"{name}_fit{number}")
        for number, (tensor, shape) in enumerate(zip(maps, shapes))
    ]
    x = layers.Concatenate(name=f"{name}_joined")(fitted)
    channels = target[-1]
    if len(target) == 4:
        x = blocks.conv(
            x, None, groups="depthwise", name=f"{name}_each_channel"
        )
        x = blocks.conv(x, channels, size=1, name=f"{name}_maps")
    else:
        x = layers.Dense(channels, activation="relu", name=f"{name}_maps")(x)
    return exits.classifier(exits.pooled(x), num_classes, name=name)


def side_by_side(first, second, *, layer="embedding", name="dualnet"):
    """Joins two classifiers to one, which sees the mean of their features.

    The layers up to the features are copied, with their weights, and named
    `"first_..."` and `"second_..."`. The result has the taps `"first"`,
    `"second"`: the features of each, `"fused"`: the mean of these, and
    `"logits"`, of a new dense layer.

    Args:
        first: A functional classifier.
        second: Another one of the same inputs and classes.
        layer: Name of the layer of both whose outputs are the features.
        name: Name of the result.

    Returns:
        A functional `keras.Model`, about twice as large.

    Raises:
        InputError: If a model has no such layer, or features or classes
            differ in shape.
    """
    parts, shapes = [], []
    for role, model in (("first", first), ("second", second)):
        known = [part.name for part in model.layers]
        if layer not in known:
            raise InputError(
                f"The {role} network {model.name!r} has no layer named "
                f"{layer!r}; it has {known}. Name the layer of the features."
            )
        features = exits.pooled(model.get_layer(layer).output)
        parts.append(_renamed(keras.Model(model.input, features), role))
        shapes.append((tuple(features.shape), tuple(model.output.shape)))
    if shapes[0] != shapes[1]:
        raise InputError(
            "Networks side by side need features of one shape and the same "
            f"classes, received (features, outputs) {shapes[0]} and "
            f"{shapes[1]}. Use networks of one width."
        )
    inputs = keras.Input(first.input_shape[1:], name="image")
    fused = layers.Average(name="fused")([part(inputs) for part in parts])
    logits = exits.classifier(fused, shapes[0][1][-1], name="logits")
    return keras.Model(inputs, logits, name=name)


def _renamed(model, prefix):
    """Returns a copy whose layers' names begin with a prefix."""

    def clone(layer):
        config = layer.get_config()
        config["name"] = f"{prefix}_{layer.name}"
        return layer.__class__.from_config(config)

    copy = clone_layers(model, clone)
    copy.set_weights(model.get_weights())
    copy.name = prefix
    return copy
