"""A small zoo: functional models whose stage names are tap names.

Every model takes raw pixels, rescales them inside its graph, names the end of
each stage `stage1`, `stage2`, ..., its pooled or flattened features
`embedding`, and returns `logits`.
"""

import importlib

from tfkd.errors import unknown

_ZOO = ("cnn", "mlp", "mobilenet", "resnet", "vit_tiny", "wide_resnet")


def names():
    """Returns the names `build` knows, without importing Keras."""
    return list(_ZOO)


def build(
    name, *, input_shape, num_classes, scale=1.0, offset=0.0, **arguments
):
    """Builds a zoo model.

    Args:
        name: One of `names()`.
        input_shape: `(height, width, channels)`, no batch.
        num_classes: Width of the logits, at least 2.
        scale: Factor of raw pixels: the network sees `scale * x + offset`.
        offset: See `scale`.
        **arguments: The model's own arguments, see its module.

    Returns:
        A functional `keras.Model` from raw pixels to logits.

    Raises:
        InputError: If `name` is unknown.
    """
    if name not in _ZOO:
        raise unknown("zoo model", name, _ZOO)
    module = importlib.import_module(f"tfkd.models.{name}")
    return module.build(
        input_shape=tuple(input_shape),
        num_classes=num_classes,
        scale=scale,
        offset=offset,
        **arguments,
    )
