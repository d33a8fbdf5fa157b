"""A residual network for small images (He et al., arXiv:1512.03385)."""

import keras
from keras import layers

from tfkd import checks
from tfkd.models import blocks


def build(
    *,
    input_shape,
    num_classes,
    scale=1.0,
    offset=0.0,
    filters=(32, 64, 128),
    blocks_per_stage=1,
    stem_stride=1,
    dropout=0.0,
):
    """Builds stages of basic residual blocks and a classifier.

    Args:
        input_shape: `(height, width, channels)`.
        num_classes: Width of the logits.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.
        filters: Output channels of each stage; every stage but the first
            halves height and width.
        blocks_per_stage: Residual blocks in each stage.
        stem_stride: Stride of the first convolution.
        dropout: Rate before the logits.

    Returns:
        A functional `keras.Model` with taps `stage1`, ..., `embedding`,
        `logits`.

    Raises:
        InputError: If there is no stage, or none has a block.
    """
    blocks.check_widths("resnet", filters=filters)
    checks.whole(1, blocks_per_stage=blocks_per_stage)
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    x = blocks.conv(x, filters[0], stride=stem_stride, name="stem")
    for stage, width in enumerate(filters, start=1):
        for block in range(1, blocks_per_stage + 1):
            last = block == blocks_per_stage
            stride = 2 if stage > 1 and block == 1 else 1
            name = f"stage{stage}" if last else f"stage{stage}_block{block}"
            x = _basic_block(x, width, stride, name)
    x = layers.GlobalAveragePooling2D(name="embedding")(x)
    outputs = blocks.head(x, num_classes, dropout=dropout)
    return keras.Model(inputs, outputs, name="resnet")


def _basic_block(x, filters, stride, name):
    shortcut = x
    if stride != 1 or x.shape[-1] != filters:
        shortcut = blocks.conv(
            x,
            filters,
            size=1,
            stride=stride,
            name=f"{name}_shortcut",
            activation=None,
        )
    y = blocks.conv(x, filters, stride=stride, name=f"{name}_a")
    y = blocks.conv(y, filters, name=f"{name}_b", activation=None)
    y = layers.Add(name=f"{name}_add")([y, shortcut])
    return layers.ReLU(name=name)(y)
