"""A generator: noise to images of a given size and range of values."""

import math

import keras
from keras import layers


def build(
    output_shape, *, noise_size=100, value_range=(0.0, 255.0), filters=(128, 64)
):
    """Builds a generator as of DCGAN (Radford et al., arXiv:1511.06434).

    A dense layer makes a map of a quarter of the size; it is enlarged and
    convolved twice, normalized, and ends in a sigmoid.

    Args:
        output_shape: `(height, width, channels)`, or `(features,)`.
        noise_size: Width of the noise.
        value_range: `(low, high)` of the result.
        filters: Channels of the small and of the enlarged maps.

    Returns:
        A float32 functional model.
    """
    low, high = (float(value) for value in value_range)
    inputs = keras.Input((noise_size,), dtype="float32", name="noise")
    if len(output_shape) == 3:
        x = _maps(inputs, output_shape, *filters)
    else:
        x = _act(layers.Dense(filters[0], dtype="float32")(inputs))
        x = layers.Dense(math.prod(output_shape), dtype="float32")(x)
        x = layers.Reshape(output_shape, dtype="float32")(x)
    x = layers.BatchNormalization(dtype="float32")(x)
    x = layers.Activation("sigmoid", dtype="float32")(x)
    x = layers.Rescaling(high - low, low, dtype="float32", name="pixels")(x)
    return keras.Model(inputs, x, name="generator")


def _maps(x, shape, wide, narrow):
    height, width, channels = shape
    small = -(-height // 4), -(-width // 4)
    x = layers.Dense(small[0] * small[1] * wide, dtype="float32")(x)
    x = layers.Reshape((*small, wide), dtype="float32")(x)
    x = layers.BatchNormalization(dtype="float32")(x)
    for filters in (wide, narrow):
        x = layers.UpSampling2D(2, dtype="float32")(x)
        x = layers.Conv2D(filters, 3, padding="same", dtype="float32")(x)
        x = _act(x)
    x = layers.Conv2D(channels, 3, padding="same", dtype="float32")(x)
    surplus = (4 * small[0] - height, 4 * small[1] - width)
    if any(surplus):
        x = layers.Cropping2D(
            ((0, surplus[0]), (0, surplus[1])), dtype="float32"
        )(x)
    return x


def _act(x):
    x = layers.BatchNormalization(dtype="float32")(x)
    return layers.LeakyReLU(0.2, dtype="float32")(x)
