"""Copies of a network that start from new weights."""

import random

from tfkd.models.rewrite import clone_layers


def fresh_copy(model, seed, name=None):
    """Returns a model of the same architecture with weights of its own.

    Every initializer and every random layer gets a seed drawn from `seed`,
    so that copies of one seed are equal and those of others differ.

    Args:
        model: A functional or built Sequential model.
        seed: Whole number.
        name: Name of the copy; that of `model` if absent.

    Returns:
        A built `keras.Model`, not compiled.

    Raises:
        InputError: If the model's graph is not known.
    """
    draw = random.Random(seed)

    def renew(layer):
        config = _seeded(layer.get_config(), draw)
        return layer.__class__.from_config(config)

    copy = clone_layers(model, renew)
    copy.name = name or model.name
    return copy


def _seeded(config, draw):
    """Replaces every seed in a config by one that is drawn."""
    if isinstance(config, dict):
        return {
            key: draw.getrandbits(31)
            if key == "seed" and (value is None or isinstance(value, int))
            else _seeded(value, draw)
            for key, value in config.items()
        }
    if isinstance(config, (list, tuple)):
        return type(config)(_seeded(value, draw) for value in config)
    return config
