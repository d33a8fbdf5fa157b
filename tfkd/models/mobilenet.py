"""Inverted residuals for small images (Sandler et al., arXiv:1801.04381).

`squeeze=4, activation="hard_swish"` adds what MobileNetV3 brought (Howard et
al., arXiv:1905.02244). As int8, squeeze-and-excite costs next to nothing, but
`hard_swish` made the file ten times as slow as float32 on an x86 CPU: the
runtime has no fast int8 kernel for it there.
"""

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
    activation="relu6",
    squeeze=0,
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
        activation: Name of the activation inside blocks.
        squeeze: Channels over those that squeeze-and-excite reduces them to;
            0 leaves it out.

    Returns:
        A functional `keras.Model` with taps `stage1`, ..., `embedding`,
        `logits`.

    Raises:
        InputError: If there is no stage.
    """
    blocks.check_widths("mobilenet", filters=filters)
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    x = blocks.conv(
        x, filters[0], stride=stem_stride, name="stem", activation=activation
    )
    for stage, width in enumerate(filters, start=1):
        stride = 2 if stage > 1 else 1
        x = _inverted_residual(
            x, width, stride, expansion, activation, squeeze, f"stage{stage}"
        )
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    outputs = blocks.head(x, num_classes, dropout=dropout)
    return keras.Model(inputs, outputs, name="mobilenet")


def _inverted_residual(
    x, filters, stride, expansion, activation, squeeze, name
):
    # The block ends linearly (no activation), so the tap `name` is an
    # identity layer after the addition.
    y = blocks.conv(
        x,
        expansion * x.shape[-1],
        size=1,
        name=f"{name}_expand",
        activation=activation,
    )
    y = blocks.conv(
        y,
        None,
        stride=stride,
        name=f"{name}_filter",
        groups="depthwise",
        activation=activation,
    )
    if squeeze:
        y = _squeeze_and_excite(y, squeeze, f"{name}_squeeze")
    y = blocks.conv(y, filters, size=1, name=f"{name}_project", activation=None)
    if stride == 1 and x.shape[-1] == filters:
        y = layers.Add(name=f"{name}_add")([x, y])
    return layers.Identity(name=name)(y)


def _squeeze_and_excite(x, reduction, name):
    """Scales each channel by a number in [0, 1] that all of them decide."""
    channels = x.shape[-1]
    y = layers.GlobalAveragePooling2D(keepdims=True, name=f"{name}_pool")(x)
    y = layers.Conv2D(
        max(channels // reduction, 1),
        1,
        activation="relu",
        name=f"{name}_reduce",
    )(y)
    y = layers.Conv2D(
        channels, 1, activation="hard_sigmoid", name=f"{name}_expand"
    )(y)
    return layers.Multiply(name=name)([x, y])
