"""Weights that go from a model to another one, with what they stand for."""

import keras


def clone(model):
    """Returns a model of the same layers and weights, none of them shared."""
    cloned = keras.models.clone_model(model)
    copy(model, cloned)
    return cloned


def copy(source, target):
    """Gives a model the weights of another one of the same architecture.

    `set_weights` alone leaves a `Normalization` layer at the statistics that
    it was built with: see `keep_statistics`.

    Args:
        source: A built model.
        target: A built model, whose weights are replaced.
    """
    target.set_weights(source.get_weights())
    keep_statistics(source, target)


def keep_statistics(model, copied):
    """Gives a copy what a model's `Normalization` layers have adapted to.

    Keras' `clone_model` leaves it out, and `set_weights` has no effect on
    what such a layer computes: it derives that from its weights when it is
    built, adapted or loaded.

    Args:
        model: The original.
        copied: A copy of the same `Normalization` layers.
    """
    for old, new in zip(_normalizations(model), _normalizations(copied)):
        if new is not old:
            new.set_weights(old.get_weights())
            new.finalize_state()


def _normalizations(model):
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.Normalization)
    ]
