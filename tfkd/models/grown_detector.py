"""Detectors whose classes grow."""

import keras

from tfkd import checks
from tfkd import weights
from tfkd.errors import InputError


def grow_detector(model, new_classes, *, scores="scores", name=None):
    """Returns a copy of a detector that scores further classes.

    The copy starts with the weights of `model`, those of the old classes'
    scores included, and shares none.

    Args:
        model: A functional detector such as `tfkd.tasks.detection.model()`:
            a convolution makes the scores of all anchors at a position side
            by side, and a reshape to `(positions * anchors, classes)` follows
            it, named after it with `_flat` behind.
        new_classes: Classes to add, at least 1.
        scores: Name of the convolution.
        name: Name of the copy; that of `model` if absent.

    Returns:
        A functional `keras.Model`, not compiled.

    Raises:
        InputError: If the model has no such layers, or `new_classes` < 1.
    """
    checks.whole(1, new_classes=new_classes)
    flat = f"{scores}_flat"
    layers = {layer.name: layer for layer in getattr(model, "layers", ())}
    if scores not in layers or flat not in layers:
        raise InputError(
            f"A detector grows that has the layers {scores!r} and {flat!r}, "
            f"received {getattr(model, 'name', model)!r} with "
            f"{list(layers)}. Build it with tfkd.tasks.detection.model(), or "
            "build the larger model yourself and copy the weights."
        )
    known = layers[flat].target_shape[-1]
    classes = known + int(new_classes)
    anchors = layers[scores].filters // known

    def cloned(layer):
        config = layer.get_config()
        if layer.name == scores:
            config["filters"] = anchors * classes
        if layer.name == flat:
            config["target_shape"] = (-1, classes)
        return type(layer).from_config(config)

    copy = keras.models.clone_model(model, clone_function=cloned)
    for layer in model.layers:
        if layer.name != scores:
            copy.get_layer(layer.name).set_weights(layer.get_weights())
    weights.keep_statistics(model, copy)
    mine = copy.get_layer(scores)
    mine.set_weights(
        [
            _with_old(new, old, anchors)
            for new, old in zip(
                mine.get_weights(), layers[scores].get_weights()
            )
        ]
    )
    copy.name = name or model.name
    return copy


def _with_old(new, old, anchors):
    """Puts old classes' weights first, for each of the anchors."""
    new = new.reshape(*new.shape[:-1], anchors, -1)
    old = old.reshape(*old.shape[:-1], anchors, -1)
    new[..., : old.shape[-1]] = old
    return new.reshape(*new.shape[:-2], -1)
