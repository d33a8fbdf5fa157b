"""Images of one data set as inputs of a network of another."""

import numpy as np
from keras import ops

from tfkd.errors import InputError


def as_stimulus(images, shape, *, low=None, high=None):
    """Fits images to a network's input: size, channels, range of values.

    Args:
        images: An array `(examples, height, width, channels)` of 1 or 3
            channels.
        shape: `(height, width, channels)` of the input.
        low: Value that the images' smallest becomes; with `high`. Values
            stay as they are if absent.
        high: Value that the images' largest becomes.

    Returns:
        Array `(examples, *shape)`, float32: resized with antialiasing, grey
        by the mean of channels or repeated.

    Raises:
        InputError: If shapes are no images, or one of `low` and `high` is
            absent or they do not increase.
    """
    images = np.asarray(images, "float32")
    if images.ndim != 4 or len(shape) != 3:
        raise InputError(
            "A stimulus is images (examples, height, width, channels) for an "
            f"input (height, width, channels), received shapes {images.shape} "
            f"and {tuple(shape)}."
        )
    height, width, channels = shape
    if images.shape[-1] != channels:
        if {images.shape[-1], channels} != {1, 3}:
            raise InputError(
                "A stimulus turns grey images into colour ones and back, "
                f"received {images.shape[-1]} channels for {channels}."
            )
        grey = images.mean(axis=-1, keepdims=True)
        images = np.repeat(grey, channels, axis=-1)
    if images.shape[1:3] != (height, width):
        images = ops.image.resize(
            images, (height, width), antialias=True, data_format="channels_last"
        )
        images = ops.convert_to_numpy(images)
    if low is None and high is None:
        return images
    if low is None or high is None or not low < high:
        raise InputError(
            "The range of a stimulus needs low < high, or neither, received "
            f"low={low!r}, high={high!r}."
        )
    least, most = images.min(), images.max()
    # Images of one value have no range: the smallest becomes `low`.
    span = float(most - least) or 1.0
    return (low + (images - least) * ((high - low) / span)).astype("float32")
