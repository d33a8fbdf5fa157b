"""Freezes all of a model but a part, for a while."""

import contextlib


@contextlib.contextmanager
def only_trainable(model, layers):
    """Within it, no other layer of a model is trainable.

    Frozen batch normalizations use and keep their statistics. Afterwards
    every layer is as trainable as it was before.

    Args:
        model: A `keras.Model`.
        layers: Layers of it that stay as they are.
    """
    kept = {id(part) for layer in layers for part in layer._flatten_layers()}
    before = [(layer, layer.trainable) for layer in model._flatten_layers()]
    _freeze(model, kept)
    try:
        yield
    finally:
        # From the outermost in: setting a layer sets those inside it.
        for layer, trainable in before:
            layer.trainable = trainable


def _freeze(layer, kept):
    """Freezes a layer, or what is inside it beside the kept ones."""
    if id(layer) in kept:
        return
    inside = layer._flatten_layers(include_self=False)
    if not any(id(part) in kept for part in inside):
        layer.trainable = False
        return
    for part in layer._flatten_layers(include_self=False, recursive=False):
        _freeze(part, kept)
