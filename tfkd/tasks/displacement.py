"""Optical flow and stereo: how far each pixel lies in another image."""

import keras
import numpy as np
from keras import layers

from tfkd.errors import InputError
from tfkd.tasks import digit_scenes
from tfkd.tasks import segmentation

LABELS = (
    "numbers (batch, height, width, 2): columns and rows from a pixel of the "
    "first image to the same point in the second; or (batch, height, width, "
    "1): a disparity, columns to the left"
)
TAPS = {"features": "stage3", "decoder": "decoder", "outputs": "displacement"}
# Rows and columns by which a digit moves.
FARTHEST = 2


def loss():
    """Returns the mean absolute error."""
    return keras.losses.MeanAbsoluteError()


def metrics():
    """Returns the metrics of displacements."""
    return [keras.metrics.MeanAbsoluteError(name="pixels")]


def end_point_error(truth, found):
    """Returns the mean distance of displacements in pixels."""
    square = np.square(np.asarray(truth) - np.asarray(found)).sum(axis=-1)
    return float(np.sqrt(square).mean())


def model(*, input_shape=(24, 24, 2), channels=2, **arguments):
    """Builds a tiny encoder and decoder.

    Args:
        input_shape: `(height, width, images)`, sizes multiples of 2^(stages
            - 1) or `None`; two images side by side in the channels, or one.
        channels: 2 for a flow, 1 for a disparity.
        **arguments: See `tfkd.tasks.segmentation.model`.

    Returns:
        A functional `keras.Model` to `(batch, height, width, channels)`, with
        taps `stage1`, ..., `decoder`, `displacement`.
    """
    base = segmentation.model(input_shape=input_shape, **arguments)
    decoder = base.get_layer("decoder").output
    outputs = layers.Conv2D(channels, 1, name="displacement", dtype="float32")(
        decoder
    )
    return keras.Model(base.input, outputs, name="displacement_model")


def data(count, *, size=24, stereo=False, split="train", seed=0):
    """Moves a digit of scikit-learn over a rough ground that stays.

    Digits are 8 or 16 pixels wide, and those of the split `"test"` occur in
    no pair of `"train"`. In a stereo pair a large digit is near: it lies 2
    columns to the left in the second image, a small one 1. Else a digit
    moves by up to 2 rows and columns.

    Args:
        count: Number of pairs.
        size: Height and width, at least 20.
        stereo: Whether labels are disparities, or flows.
        split: `"train"` or `"test"`.
        seed: The same seed makes the same pairs.

    Returns:
        Pairs `(count, size, size, 2)`, 0 to 16, and displacements of the
        first image.

    Raises:
        InputError: If an argument is out of range.
    """
    digits, random, ground = _scenes(count, size, split, seed)
    pairs = np.repeat(ground, 2, axis=-1)
    found = np.zeros((count, size, size, 1 if stereo else 2), "float32")
    for pair, answer in zip(pairs, found):
        image, scale, place, move = _digit(digits, random, size)
        if stereo:
            move = np.array([-scale, 0])
        _draw(pair, image, place, ([0, 0], move))
        _mark(answer, image, place, scale if stereo else move)
    return pairs, found


def video(count, *, size=24, split="train", seed=0):
    """Moves a digit before two eyes: the scene flow of `data`.

    Args:
        count: Number of scenes.
        size: Height and width, at least 24.
        split: `"train"` or `"test"`.
        seed: The same seed makes the same scenes.

    Returns:
        Images `(count, size, size, 4)`, 0 to 16: the left and the right one,
        and those of a moment later; and a dict of what is known of pixels of
        the first: `"disparity"`, `"flow"`, and `"next_disparity"`, that of
        the point a moment later.

    Raises:
        InputError: If an argument is out of range.
    """
    digits, random, ground = _scenes(count, size, split, seed, eyes=2)
    images = np.repeat(ground, 4, axis=-1)
    disparity = np.zeros((count, size, size, 1), "float32")
    flow = np.zeros((count, size, size, 2), "float32")
    for image, near, moved in zip(images, disparity, flow):
        digit, scale, place, move = _digit(digits, random, size, eyes=2)
        right = np.array([-scale, 0])
        _draw(image, digit, place, ([0, 0], right, move, move + right))
        _mark(near, digit, place, scale)
        _mark(moved, digit, place, move)
    # A digit keeps its distance, and so does the ground.
    return images, {
        "disparity": disparity,
        "flow": flow,
        "next_disparity": disparity,
    }


def _scenes(count, size, split, seed, eyes=1):
    """The digits of a split, a generator of numbers, and grounds."""
    least = 16 + FARTHEST * (1 + eyes)
    least += -least % 4
    if size < least:
        raise InputError(
            f"Scenes need a size of at least {least}, received {size}."
        )
    digits = digit_scenes.digit_images(split)
    random = np.random.default_rng([seed, split == "test"])
    ground = random.uniform(0, 4, (count, size, size, 1)).astype("float32")
    return digits, random, ground


def _digit(digits, random, size, eyes=1):
    """An image, how large it is, its row and column, and how it moves."""
    scale = int(random.integers(1, 3))
    whole = np.ones((scale, scale), "float32")
    image = np.kron(digits[random.integers(len(digits))], whole)
    room = size - len(image) - FARTHEST + 1
    # What moves to the left, and lies to the left for the right eye.
    place = random.integers((FARTHEST, FARTHEST * eyes), room, 2)
    move = random.integers(-FARTHEST, FARTHEST + 1, 2)
    return image, scale, place, move


def _draw(planes, image, place, moves):
    """Draws ink into each plane at its columns and rows from a place."""
    ink = image >= digit_scenes.INK
    for number, (column, row) in enumerate(moves):
        where = _at(planes[..., number], place + (row, column), image)
        where[ink] = image[ink]


def _mark(maps, image, place, value):
    """Writes a value where there is ink."""
    _at(maps, place, image)[image >= digit_scenes.INK] = value


def _at(maps, place, like):
    """The part of maps at a row and column that is as large as an image."""
    (top, left), (height, width) = place, like.shape
    return maps[top : top + height, left : left + width]
