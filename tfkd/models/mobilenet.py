"""Inverted residuals for small images (Sandler et al., arXiv:1801.04381)."""

import keras
from keras import layers

from tfkd.models import blocks


def build(
    *,
    input_shape,
    num_classes,
    scale=1.0,
    offset=0.0,
    filters=(16, 24, 32),
    expansion=3,
    stem_stride=1,
    dropout=0.0,
):
    """Builds one inverted residual block a stage and a classifier.

    Args:
        input_shape: `(height, width, channels)`.
        num_classes: Width of the logits.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.
        filters: Output channels of each stage; every stage but the first
            halves height and width.
        expansion: Channels of the depthwise convolution over those of the
            block's input.
        stem_stride: Stride of the first convolution.
        dropout: Rate before the logits.

    Returns:
        A functional `keras.Model` with taps `stage1`, ..., `embedding`,
        `logits`.
    """
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    x = blocks.conv(
        x, filters[0], stride=stem_stride, name="stem", activation="relu6"
    )
    for stage, width in enumerate(filters, start=1):
        stride = 2 if stage > 1 else 1
        x = _inverted_residual(x, width, stride, expansion, f"stage{stage}")
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    outputs = blocks.head(x, num_classes, dropout=dropout)
    return keras.Model(inputs, outputs, name="mobilenet")


def _inverted_residual(x, filters, stride, expansion, name):
    # The block ends linearly (no activation), so the tap `name` is an
    # identity layer after the addition.
    y = blocks.conv(
        x,
        expansion * x.shape[-1],
        size=1,
        name=f"{name}_expand",
        activation="relu6",
    )
    y = blocks.conv(
        y,
        None,
        stride=stride,
        name=f"{name}_filter",
        groups="depthwise",
        activation="relu6",
    )
    y = blocks.conv(y, filters, size=1, name=f"{name}_project", activation=None)
    if stride == 1 and x.shape[-1] == filters:
        y = layers.Add(name=f"{name}_add")([x, y])
    return layers.Identity(name=name)(y)
