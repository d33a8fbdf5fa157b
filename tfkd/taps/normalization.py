"""Finds tensors before activations, and the batch normalization there."""

import keras

from tfkd.errors import InputError
from tfkd.taps.graph import TapGraph

# Layers that a batch normalization is looked for behind.
_PASSING = (
    keras.layers.Add,
    keras.layers.Dropout,
    keras.layers.Identity,
    keras.layers.SpatialDropout2D,
)


def pre_activation(model, tap):
    """Returns the tap just before the activation that ends `tap`.

    Args:
        model: A model, or a teacher that has one.
        tap: Such as `"stage2"`; names with a suffix are returned as they
            are.

    Returns:
        `"stage2:pre"`, or `"stage2"` where the stage ends without an
        activation (linear bottlenecks).

    Raises:
        InputError: If there is no such tap, or it ends in another layer,
            such as a pooling one.
    """
    model = getattr(model, "model", model)
    if ":" in tap:
        return tap
    if hasattr(model, "tap_shapes"):
        # What the model does not declare, the extractor refuses by name.
        return f"{tap}:pre"
    graph = TapGraph(model)
    linear = (*_PASSING, keras.layers.BatchNormalization)
    found = _producers(graph).get(id(graph.tensor(tap)))
    if found and isinstance(found[0], linear):
        return tap
    graph.tensor(f"{tap}:pre")  # Raises where there is no activation.
    return f"{tap}:pre"


def batch_normalization(model, tap):
    """Returns the `BatchNormalization` layer whose result a tap is.

    Looks through sums, where it takes the first branch that ends in one (the
    residual branch, not the shortcut), through dropout and identity layers.

    Args:
        model: A model, or a teacher that has one.
        tap: Such as `"stage2:pre"`.

    Raises:
        InputError: If no batch normalization makes that tensor.
    """
    model = getattr(model, "model", model)
    layer = None
    if not hasattr(model, "tap_shapes"):
        graph = TapGraph(model)
        layer = _behind(graph.tensor(tap), _producers(graph))
    if layer is None:
        raise InputError(
            f"The tap {tap!r} of model {model.name!r} must be the result of "
            "a BatchNormalization layer, and no such layer precedes it. "
            "Choose a tap before the activation (such as 'stage2:pre') of a "
            "network with batch normalization."
        )
    return layer


def _producers(graph):
    """Maps the id of a symbolic tensor to its `(layer, inputs)`."""
    producers = {}
    for operation, args, outputs in graph._calls.values():
        for tensor in keras.tree.flatten(outputs):
            # Layers of nested models come before the model that holds them.
            producers.setdefault(id(tensor), (operation, args))
    return producers


def _behind(tensor, producers):
    layer, args = producers.get(id(tensor), (None, ()))
    if isinstance(layer, keras.layers.BatchNormalization):
        return layer
    if isinstance(layer, _PASSING):
        branches = (_behind(t, producers) for t in keras.tree.flatten(args))
        return next((found for found in branches if found), None)
    return None
