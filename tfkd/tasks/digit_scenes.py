"""Images of several digits: the same scenes for segmentation and detection."""

import dataclasses

import numpy as np

from tfkd.errors import InputError
from tfkd.errors import unknown

# Darkness of 0 to 16: from INK on a pixel is the digit's, below it unclear.
INK = 4
_CELL = 16
_SPLITS = ("train", "test")


@dataclasses.dataclass(frozen=True)
class Scenes:
    """Images with what is known of them.

    Attributes:
        images: `(count, size, size, 1)` float32, 0 to 16.
        masks: `(count, size, size)` int32: 0 background, digit + 1, or -1
            where ink is faint.
        boxes: `(count, objects, 5)` float32: top, left, bottom, right in
            pixels, digit; rows of digit -1 are padding.
    """

    images: np.ndarray
    masks: np.ndarray
    boxes: np.ndarray


def scenes(count, *, size=32, objects=3, split="train", seed=0):
    """Places digits of scikit-learn on empty canvases, none over another.

    Digits are 8 or 16 pixels wide. Those of the split `"test"` occur in no
    scene of `"train"`.

    Args:
        count: Number of scenes.
        size: Height and width, a multiple of 16.
        objects: At most as many digits a scene; at least one is there.
        split: `"train"` or `"test"`.
        seed: The same seed makes the same scenes.

    Returns:
        `Scenes`.

    Raises:
        InputError: If an argument is out of range.
    """
    cells = size // _CELL
    if size % _CELL or size <= 0 or not 1 <= objects <= cells * cells:
        raise InputError(
            "Scenes need a size that is a multiple of 16 and objects from 1 "
            f"to (size / 16)^2, received size={size!r}, objects={objects!r}."
        )
    digits, rows = _digits(split)
    random = np.random.default_rng([seed, _SPLITS.index(split)])
    images = np.zeros((count, size, size), "float32")
    labels = np.zeros((count, size, size), "int32")
    boxes = np.zeros((count, objects, 5), "float32")
    boxes[..., 4] = -1
    for scene in range(count):
        places = random.permutation(cells * cells)
        for index in range(random.integers(1, objects + 1)):
            row = random.choice(rows)
            scale = int(random.integers(1, 3))
            image = np.kron(digits.images[row], np.ones((scale, scale)))
            room = _CELL - len(image) + 1
            top, left = random.integers(0, room, 2)
            top += _CELL * (places[index] // cells)
            left += _CELL * (places[index] % cells)
            digit = int(digits.target[row])
            where = slice(top, top + len(image)), slice(left, left + len(image))
            images[scene][where] = image
            labels[scene][where] = np.where(
                image >= INK, digit + 1, np.where(image > 0, -1, 0)
            )
            boxes[scene, index] = (*_tight(image, top, left), digit)
    return Scenes(images[..., None], labels, boxes)


def digit_images(split):
    """Returns the digits of scenes of a split, `(count, 8, 8)`, 0 to 16.

    Raises:
        InputError: If the split is unknown.
    """
    digits, rows = _digits(split)
    return digits.images[rows].astype("float32")


def _digits(split):
    """The digits of scikit-learn, and the numbers of those of a split."""
    if split not in _SPLITS:
        raise unknown("split of the digits", split, _SPLITS)
    from sklearn import datasets

    digits = datasets.load_digits()
    tested = np.arange(len(digits.target)) % 4 == 0
    return digits, np.flatnonzero(tested if split == "test" else ~tested)


def _tight(image, top, left):
    """The box around everything that is not empty."""
    rows = np.flatnonzero(image.max(axis=1) > 0)
    columns = np.flatnonzero(image.max(axis=0) > 0)
    return (
        top + rows[0],
        left + columns[0],
        top + rows[-1] + 1,
        left + columns[-1] + 1,
    )
