"""A translator: images of one kind to images of another."""

import keras
from keras import layers

from tfkd.errors import InputError


def build(
    input_shape,
    *,
    filters=(16, 16),
    channels=None,
    value_range=(0.0, 255.0),
    residual=False,
    name="translator",
):
    """Builds a convolutional network from images to images of their size.

    A 3x3 convolution and a leaky ReLU for each of `filters`, named `stage1`,
    `stage2`, ..., and one more to the result; no normalization, so that what
    becomes of an image depends on it alone.

    Args:
        input_shape: `(height, width, channels)`.
        filters: Channels of the stages, at least one.
        channels: Of the result; those of the input if absent.
        value_range: `(low, high)` of raw inputs and of the result, which may
            go beyond.
        residual: Whether the result is a change of the input, small at first.
        name: Name of the model.

    Returns:
        A functional model, whose result is float32.

    Raises:
        InputError: If there is no stage, the range is empty, or a change of
            the input has other channels.
    """
    low, high = (float(value) for value in value_range)
    given = input_shape[-1]
    channels = channels or given
    if not filters or not low < high or (residual and channels != given):
        raise InputError(
            "A translator needs at least one stage, a value_range (low, "
            "high), and as many channels as the input where it is residual; "
            f"received filters={filters!r}, value_range={value_range!r}, "
            f"channels={channels!r}, residual={residual!r}."
        )
    inputs = keras.Input(input_shape, name="image")
    size = high - low
    x = layers.Rescaling(1 / size, -low / size, name="rescaling")(inputs)
    for stage, width in enumerate(filters, start=1):
        x = layers.Conv2D(width, 3, padding="same", name=f"stage{stage}_conv")(
            x
        )
        x = layers.LeakyReLU(0.2, name=f"stage{stage}")(x)
    start = keras.initializers.RandomNormal(stddev=0.01)
    x = layers.Conv2D(
        channels,
        3,
        padding="same",
        kernel_initializer=start if residual else "glorot_uniform",
        name="change",
        dtype="float32",
    )(x)
    shift = 0.0 if residual else low
    x = layers.Rescaling(size, shift, name="pixels", dtype="float32")(x)
    if residual:
        x = layers.Add(name="changed", dtype="float32")([x, inputs])
    return keras.Model(inputs, x, name=name)
