"""A plain convolutional network: the quickstart's teacher and student."""

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
    filters=(8, 16, 32),
    strides=(1, 2, 2),
    dense=(),
    pool=None,
    dropout=0.0,
    batch_normalization=True,
):
    """Builds convolution stages, an embedding and a classifier.

    Args:
        input_shape: `(height, width, channels)`.
        num_classes: Width of the logits.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.
        filters: Output channels of each stage.
        strides: Stride of each stage, as many as `filters`.
        dense: Widths of fully connected layers before the logits.
        pool: `"avg"` averages over positions; `None` flattens.
        dropout: Rate before the logits.
        batch_normalization: Whether stages normalize.

    Returns:
        A functional `keras.Model` with taps `stage1`, ..., `embedding`,
        `logits`.

    Raises:
        InputError: If `filters` and `strides` differ in length, or `pool` is
            another word.
    """
    if pool not in (None, "avg"):
        raise InputError(
            "cnn's pool must be 'avg' or None, which flattens, received "
            f"{pool!r}."
        )
    if len(filters) != len(strides):
        raise InputError(
            "cnn needs one stride for each stage, received "
            f"filters={tuple(filters)} and strides={tuple(strides)}. Give "
            "both the same length."
        )
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    for index, (width, stride) in enumerate(zip(filters, strides), start=1):
        name = f"stage{index}"
        if batch_normalization:
            x = blocks.conv(x, width, stride=stride, name=name)
        else:
            x = layers.Conv2D(width, 3, stride, "same", name=f"{name}_conv")(x)
            x = layers.ReLU(name=name)(x)
    if pool == "avg":
        x = layers.GlobalAveragePooling2D(name="embedding")(x)
    else:
        x = layers.Flatten(name="flatten" if dense else "embedding")(x)
    for index, width in enumerate(dense, start=1):
        last = index == len(dense)
        name = "embedding" if last else f"dense{index}"
        x = layers.Dense(width, activation="relu", name=name)(x)
    outputs = blocks.head(x, num_classes, dropout=dropout)
    return keras.Model(inputs, outputs, name="cnn")
