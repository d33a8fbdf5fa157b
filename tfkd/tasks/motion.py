"""Motions: how far, and by which angle, has a digit moved?

Visual odometry in the plane: three numbers of two images, one after another.
"""

import keras
import numpy as np

from tfkd.errors import unknown
from tfkd.models import cnn

LABELS = (
    "floats (batch, 3) in [-1, 1]: shares of the largest motion down, to the "
    "right, and of the largest turn"
)
TAPS = {"features": "embedding", "logits": "outputs"}
SIZE = 12
# Pixels down and right, and radians.
LARGEST = (1.5, 1.5, 0.6)
_SPLITS = ("train", "test")


def loss():
    """Returns the mean squared error of the numbers."""
    return keras.losses.MeanSquaredError()


def metrics():
    """Returns the mean absolute error."""
    return [keras.metrics.MeanAbsoluteError(name="mae")]


def model(*, filters=(8, 16, 32), dense=(16,), **arguments):
    """Builds a tiny network of a pair of images, to three numbers.

    Args:
        filters: Channels of the stages.
        dense: Widths of hidden layers behind; the last is `"embedding"`.
        **arguments: See `tfkd.models.cnn.build`.
    """
    return cnn.build(
        **{
            "input_shape": (SIZE, SIZE, 2),
            "num_classes": len(LARGEST),
            "scale": 1 / 16,
            "filters": filters,
            "dense": dense,
            **arguments,
        }
    )


def moved(image, motion):
    """Returns an image after a turn around its middle, and a shift.

    Args:
        image: `(height, width)`, an array.
        motion: Pixels down, pixels to the right, and radians.
    """
    from scipy import ndimage

    down, right, angle = motion
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    middle = (np.array(image.shape) - 1) / 2
    # From a place in the result to one in the image.
    offset = middle - turn.T @ (middle + np.array([down, right]))
    return ndimage.affine_transform(image, turn.T, offset, order=1)


def data(count, *, split="train", seed=0):
    """Returns pairs of images as channels, and their motions.

    Digits of scikit-learn. Those of the split `"test"` are in no pair of
    `"train"`.

    Args:
        count: Number of pairs.
        split: `"train"` or `"test"`.
        seed: The same seed makes the same pairs.

    Raises:
        InputError: If the split is unknown.
    """
    if split not in _SPLITS:
        raise unknown("split of the digits", split, _SPLITS)
    from sklearn import datasets

    digits = datasets.load_digits().images
    tested = np.arange(len(digits)) % 4 == 0
    rows = np.flatnonzero(tested if split == "test" else ~tested)
    random = np.random.default_rng([seed, _SPLITS.index(split)])
    motions = random.uniform(-1, 1, (count, len(LARGEST)))
    images = np.zeros((count, SIZE, SIZE, 2), "float32")
    edge = (SIZE - digits.shape[1]) // 2
    for number, row in enumerate(random.choice(rows, count)):
        image = np.pad(digits[row], edge)
        images[number, ..., 0] = image
        images[number, ..., 1] = moved(image, motions[number] * LARGEST)
    return images, motions.astype("float32")
