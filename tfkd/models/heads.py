"""Classifiers whose classes, or whose heads, grow."""

import keras

from tfkd import checks
from tfkd import weights
from tfkd.errors import InputError
from tfkd.models.bias_correction import BiasCorrection
from tfkd.models.mean_of_heads import MeanOfHeads


def grow(model, new_classes, *, bias_correction=True, name=None):
    """Returns a copy of a classifier that scores further classes.

    The copy starts with the weights of `model`, those of the old logits
    included, and shares none. Corrections of earlier growths stay.

    Args:
        model: A functional or built Sequential classifier that ends in a
            dense layer, or segmenter that ends in a convolution, a softmax in
            or after it or not, or `BiasCorrection` layers after it.
        new_classes: m, classes to add, at least 1.
        bias_correction: Whether a `BiasCorrection` of the new logits, the
            identity at first, ends the copy, as the method `bic` needs it.
        name: Name of the copy; that of `model` if absent.

    Returns:
        A functional `keras.Model` to `(batch, ..., n + m)` logits, without
        a softmax, not compiled.

    Raises:
        InputError: If `model` does not end so, or `new_classes` < 1.
    """
    checks.whole(1, new_classes=new_classes)
    old, corrections = _head(model, (keras.layers.Dense, keras.layers.Conv2D))
    copy = weights.clone(model)
    features = copy.get_layer(old.name).input
    units = "units" if isinstance(old, keras.layers.Dense) else "filters"
    known = getattr(old, units)
    classes = known + int(new_classes)
    # A softmax inside of the layer, as behind it, is left out.
    config = {**old.get_config(), units: classes, "activation": None}
    head = type(old).from_config(config)
    logits = head(features)
    for layer, old_layer in zip((head.kernel, head.bias), old.weights):
        value = keras.ops.convert_to_numpy(layer).copy()
        value[..., :known] = keras.ops.convert_to_numpy(old_layer)
        layer.assign(value)
    for correction in corrections:
        logits = copy.get_layer(correction.name)(logits)
    if bias_correction:
        logits = BiasCorrection(
            known,
            classes,
            name=f"bias_correction{len(corrections) + 1}",
            dtype="float32",
        )(logits)
    return keras.Model(inputs_of(copy), logits, name=name or model.name)


def split(model, heads, *, name=None):
    """Returns a copy of a classifier with several heads on one body.

    Each head starts as a copy of the one that `model` has; what the copy
    returns is the `MeanOfHeads`. The heads are its layers, and taps, `head1`,
    `head2`, ...

    Args:
        model: A functional or built Sequential classifier that ends in a
            dense layer, a softmax after it or not.
        heads: How many, at least 2.
        name: Name of the copy; that of `model` if absent.

    Returns:
        A functional `keras.Model` to `(batch, classes)` logits, not compiled.

    Raises:
        InputError: If `model` does not end so, or `heads` < 2.
    """
    checks.whole(2, heads=heads)
    old, _ = _head(model)
    copy = weights.clone(model)
    features = copy.get_layer(old.name).input
    ends = []
    for number in range(1, int(heads) + 1):
        config = {"name": f"head{number}", "activation": None}
        head = keras.layers.Dense.from_config({**old.get_config(), **config})
        ends.append(head(features))
        head.set_weights(old.get_weights())
    logits = MeanOfHeads(name="logits", dtype="float32")(ends)
    return keras.Model(inputs_of(copy), logits, name=name or model.name)


def inputs_of(model):
    """Returns a model's symbolic input, or the list of several."""
    found = model.inputs
    return found[0] if len(found) == 1 else found


def correction(model):
    """Returns the `BiasCorrection` that ends a model, `None` without one."""
    last = model.layers[-1] if model.layers else None
    return last if isinstance(last, BiasCorrection) else None


def _head(model, kinds=keras.layers.Dense):
    """The layer of the logits, and the corrections behind it."""
    behind = []
    for layer in reversed(getattr(model, "layers", [])):
        if isinstance(layer, kinds):
            corrections = [b for b in behind if isinstance(b, BiasCorrection)]
            return layer, corrections[::-1]
        behind.append(layer)
        if not isinstance(
            layer,
            (BiasCorrection, keras.layers.Softmax, keras.layers.Activation),
        ):
            break
    raise InputError(
        "A head can be grown on a model that ends in a Dense layer; "
        f"{getattr(model, 'name', model)!r} ends in "
        f"{type(behind[0]).__name__ if behind else 'nothing'}. Build the "
        "larger model yourself and copy the weights."
    )
