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
        InputError: If some are maps and others vectors, or sizes do not fit.
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
    if len({tuple(tensor.shape[1:-1]) for tensor in fitted}) > 1:
        raise InputError(
            "Maps are fused whose sizes halve to the smallest one, received "
            f"shapes {shapes}. Choose other taps."
        )
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
        features = exits.pooled(_output_of(model, role, layer))
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


def in_the_middle(first, second, *, layer, name="two_inputs"):
    """Joins two networks at a layer: the mean of both, then the first's rest.

    Equation:  f(x, x') = b((a(x) + a'(x')) / 2)
    Symbols:   a the first network's layers up to `layer` and b those behind
               it; a' the second one's up to its layer of this name.

    All layers are copied, with their weights; up to the features they are
    named `"first_..."` and `"second_..."`. The result has the tap `"fused"`.

    Args:
        first: A functional model of one input.
        second: Another one, perhaps of another kind of input.
        layer: Name of the layer of both whose outputs are averaged.
        name: Name of the result.

    Returns:
        A functional `keras.Model` of a list of two inputs.

    Raises:
        InputError: If a model has no such layer, the outputs differ in
            shape, or not all paths of the first lead through it.
    """
    found = [
        _output_of(model, role, layer)
        for role, model in (("first", first), ("second", second))
    ]
    if found[0].shape != found[1].shape:
        raise InputError(
            "Networks meet where features are of one shape, received "
            f"{tuple(found[0].shape)} and {tuple(found[1].shape)} of the "
            f"layer {layer!r}. Name another layer."
        )
    try:
        behind = keras.Model(found[0], first.output, name="behind")
    except ValueError as error:
        raise InputError(
            f"All paths of {first.name!r} must lead through the layer "
            f"{layer!r}, at which networks meet. Name the end of a stage."
        ) from error
    inputs = [
        keras.Input(model.input_shape[1:], name=role)
        for role, model in (("first_input", first), ("second_input", second))
    ]
    features = [
        _renamed(keras.Model(model.input, tap), role)(given)
        for role, model, tap, given in zip(
            ("first", "second"), (first, second), found, inputs
        )
    ]
    fused = layers.Average(name="fused")(features)
    return keras.Model(inputs, _copied(behind)(fused), name=name)


def _output_of(model, role, layer):
    """The symbolic output of a layer."""
    known = [part.name for part in model.layers]
    if layer not in known:
        raise InputError(
            f"The {role} network {model.name!r} has no layer named "
            f"{layer!r}; it has {known}. Name the layer of the features."
        )
    return model.get_layer(layer).output


def _copied(model):
    """Returns a copy with the same weights."""
    copy = clone_layers(
        model, lambda layer: layer.__class__.from_config(layer.get_config())
    )
    copy.set_weights(model.get_weights())
    return copy


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
