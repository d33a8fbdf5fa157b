"""A wide residual network (Zagoruyko & Komodakis, arXiv:1605.07146)."""

import keras
from keras import layers

from tfkd.errors import InputError
from tfkd.models import blocks


def build(
    *,
    input_shape,
    num_classes,
    scale=1.0,
    offset=0.0,
    depth=16,
    widen=2,
    filters=(16, 32, 64),
    dropout=0.0,
):
    """Builds WRN-`depth`-`widen`: pre-activation blocks and a classifier.

    Args:
        input_shape: `(height, width, channels)`.
        num_classes: Width of the logits.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.
        depth: Number of convolutions and dense layers on the longest path
            as the paper counts them: 4 plus twice the number of blocks.
        widen: Factor of `filters` in the stages.
        filters: Channels of each stage before widening; the first are those
            of the stem. Every stage but the first halves height and width.
        dropout: Rate within the blocks.

    Returns:
        A functional `keras.Model` with taps `stage1`, ..., each the normalized
        and rectified sum that the stage ends with, `embedding`, `logits`.

    Raises:
        InputError: If `depth` does not give each stage as many blocks, or
            there is no stage.
    """
    blocks.check_widths("wide_resnet", filters=filters)
    stages = len(filters)
    per_stage, rest = divmod(depth - 4, 2 * stages)
    if rest or per_stage < 1:
        raise InputError(
            f"depth must be 4 plus a multiple of {2 * stages} (two "
            f"convolutions a block in each of {stages} stages), received "
            f"{depth}."
        )
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    x = _conv(x, filters[0], "stem")
    for stage, base in enumerate(filters, start=1):
        for block in range(1, per_stage + 1):
            stride = 2 if stage > 1 and block == 1 else 1
            name = f"stage{stage}_block{block}"
            # A stage's tap is activated already.
            active = stage > 1 and block == 1
            x = _block(x, base * widen, stride, dropout, active, name)
        x = _activated(x, f"stage{stage}")
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    outputs = blocks.head(x, num_classes)
    return keras.Model(inputs, outputs, name="wide_resnet")


def _block(x, filters, stride, dropout, active, name):
    shortcut, y = x, x
    if not active:
        y = _activated(x, f"{name}_a")
    if stride != 1 or x.shape[-1] != filters:
        shortcut = _conv(y, filters, f"{name}_shortcut", size=1, stride=stride)
    y = _conv(y, filters, f"{name}_a", stride=stride)
    y = _activated(y, f"{name}_b")
    if dropout:
        y = layers.Dropout(dropout, name=f"{name}_dropout")(y)
    y = _conv(y, filters, f"{name}_b")
    return layers.Add(name=f"{name}_add")([y, shortcut])


def _conv(x, filters, name, *, size=3, stride=1):
    return layers.Conv2D(
        filters,
        size,
        stride,
        "same",
        use_bias=False,
        kernel_initializer="he_normal",
        name=f"{name}_conv",
    )(x)


def _activated(x, name):
    x = layers.BatchNormalization(momentum=0.9, name=f"{name}_bn")(x)
    return layers.Activation("relu", name=name)(x)
