"""Figures as points in space, of which labels know rows and columns alone."""

import keras
import numpy as np
from keras import layers
from keras import ops

from tfkd.models import blocks
from tfkd.tasks import digit_poses

POINTS = len(digit_poses.KEYPOINTS)


@keras.saving.register_keras_serializable("tfkd")
class PlaneLoss(keras.losses.Loss):
    """Mean absolute difference of rows and columns; depths are free.

    Symbols:   y_true (batch, points, 2 or 3), y_pred (batch, points, 3).
    """

    def call(self, y_true, y_pred):
        gap = ops.abs(y_pred[..., :2] - y_true[..., :2])
        return ops.mean(gap, axis=(1, 2))


def normalized(points, size=16):
    """Returns points relative to the middle of an image, over half its size.

    Args:
        points: Row, column and depth in pixels, `(..., 3)`.
        size: Height and width of the image.
    """
    points = np.array(points, "float32")
    points[..., :2] -= (size - 1) / 2
    return points / (size / 2)


def model(
    *,
    input_shape=(16, 16, 1),
    points=POINTS,
    filters=(8, 16, 16),
    scale=1 / 16,
    offset=0.0,
):
    """Builds a tiny network of images to points.

    Args:
        input_shape: `(height, width, channels)`.
        points: How many.
        filters: Channels of each stage; every stage but the first halves
            height and width.
        scale: Factor of raw pixels.
        offset: Added to the scaled pixels.

    Returns:
        A functional `keras.Model` to `(batch, points, 3)`, with taps
        `stage1`, ... and `points`.
    """
    inputs = keras.Input(input_shape, name="image")
    x = blocks.pixels(inputs, scale, offset)
    for stage, width in enumerate(filters, start=1):
        stride = 2 if stage > 1 else 1
        x = blocks.conv(x, width, stride=stride, name=f"stage{stage}")
    x = layers.Flatten(name="embedding")(x)
    x = layers.Dense(3 * points, name="coordinates", dtype="float32")(x)
    found = layers.Reshape((points, 3), name="points", dtype="float32")(x)
    return keras.Model(inputs, found, name="points")


def data(count, **arguments):
    """Returns images and normalized points, see `digit_poses.poses`."""
    found = digit_poses.poses(count, **arguments)
    return found.images, normalized(found.points, found.images.shape[-2])
