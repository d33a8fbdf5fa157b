"""A small vision transformer (Dosovitskiy et al., arXiv:2010.11929)."""

import keras
from keras import layers

from tfkd.errors import InputError
from tfkd.models import blocks
from tfkd.models import sequence_layers
from tfkd.models import transformer


def build(
    *,
    input_shape,
    num_classes,
    scale=1.0,
    offset=0.0,
    patch=4,
    width=32,
    heads=2,
    depth=2,
    expansion=2,
    dropout=0.0,
):
    """Builds blocks that normalize first, over patches, and a classifier.

    Patches are averaged at the end; there is no class token. Each block i
    makes the taps `stage{i}_queries`, `stage{i}_keys`, `stage{i}_values`,
    `stage{i}_scores` and `stage{i}_attention` of
    `tfkd.models.transformer.attention`, and ends in `stage{i}` (batch,
    patches, width).

    Args:
        input_shape: `(height, width, channels)`, sizes multiples of `patch`.
        num_classes: Width of the logits.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.
        patch: Height and width of a patch in pixels.
        width: Features of a patch, a multiple of `heads`.
        heads: Heads of every attention.
        depth: Blocks, at least 1.
        expansion: Width of a block's hidden layer, over `width`.
        dropout: Rate before the logits.

    Returns:
        A functional `keras.Model` with taps `stage1`, ..., `embedding`,
        `logits`.

    Raises:
        InputError: If sizes do not divide, or `depth` < 1.
    """
    rows, columns = input_shape[:2]
    divide = min(patch, heads) >= 1 and not (
        None in (rows, columns)
        or rows % patch
        or columns % patch
        or width % heads
    )
    if not divide or depth < 1:
        raise InputError(
            "vit_tiny needs image sizes that are multiples of patch, a width "
            "that is a multiple of heads, and a depth >= 1; received "
            f"input_shape={tuple(input_shape)}, patch={patch!r}, "
            f"width={width!r}, heads={heads!r}, depth={depth!r}."
        )
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    x = layers.Conv2D(width, patch, patch, name="patches")(x)
    count = (rows // patch) * (columns // patch)
    x = layers.Reshape((count, width), name="tokens")(x)
    x = sequence_layers.PositionEmbedding(name="positions")(x)
    for index in range(1, depth + 1):
        x = _block(x, heads, expansion, f"stage{index}")
    x = layers.LayerNormalization(epsilon=1e-6, name="norm")(x)
    x = layers.GlobalAveragePooling1D(name="embedding")(x)
    outputs = blocks.head(x, num_classes, dropout=dropout)
    return keras.Model(inputs, outputs, name="vit_tiny")


def _block(x, heads, expansion, name):
    width = x.shape[-1]
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_a")(x)
    # No patch is padding.
    y = transformer.attention(y, None, heads, name)
    x = layers.Add(name=f"{name}_attended")([x, y])
    y = layers.LayerNormalization(epsilon=1e-6, name=f"{name}_norm_b")(x)
    y = layers.Dense(
        expansion * width, activation="gelu", name=f"{name}_hidden"
    )(y)
    y = layers.Dense(width, name=f"{name}_output")(y)
    return layers.Add(name=name)([x, y])
