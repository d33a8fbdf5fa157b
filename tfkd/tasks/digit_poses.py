"""Digits that turn and tilt, with the ends of their strokes in space."""

import dataclasses

import numpy as np

from tfkd.errors import InputError
from tfkd.errors import unknown

# What is marked, in the order of `Poses.points`.
KEYPOINTS = ("centre", "top", "bottom", "left", "right")
# Pairs of keypoints that a stroke may connect.
LIMBS = ((0, 1), (0, 2), (0, 3), (0, 4))
# Darkness of 0 to 16 from which on a pixel of a digit is ink.
INK = 8
_SPLITS = ("train", "test")
# Pixels of the canvas for each of the digit's own eight.
_SCALE = 1.25
# Of what is farthest, over that of what is nearest.
_SHADE = 0.4


@dataclasses.dataclass(frozen=True)
class Poses:
    """Images with what is known of them.

    Attributes:
        images: `(count, size, size, 1)` float32, 0 to 16; of films `(count,
            frames, size, size, 1)`. What is nearer is darker ink.
        points: `(count, 5, 3)` float32: row, column and depth of each
            keypoint in pixels, the depth above 0 where it is nearer than the
            centre of the digit's square; of films `(count, frames, 5, 3)`.
    """

    images: np.ndarray
    points: np.ndarray


def poses(count, *, frames=None, size=16, split="train", seed=0):
    """Draws digits of scikit-learn that are turned, tilted and moved.

    A digit is turned in the plane by up to 30 degrees, tilted about its
    vertical axis by up to 60, and moved by up to two pixels. In a film all
    three go from one draw to another at a constant rate. Digits of the split
    `"test"` are in no image of `"train"`.

    Args:
        count: Number of images or films.
        frames: Frames of a film, at least 2; images if absent.
        size: Height and width, at least 16.
        split: `"train"` or `"test"`.
        seed: The same seed makes the same poses.

    Returns:
        `Poses`.

    Raises:
        InputError: If an argument is out of range.
    """
    if split not in _SPLITS:
        raise unknown("split of the digits", split, _SPLITS)
    if size < 16 or (frames is not None and frames < 2):
        raise InputError(
            "Poses need a size of at least 16 and films of at least 2 frames, "
            f"received size={size!r}, frames={frames!r}."
        )
    from sklearn import datasets

    digits = datasets.load_digits().images
    tested = np.arange(len(digits)) % 4 == 0
    rows = np.flatnonzero(tested if split == "test" else ~tested)
    random = np.random.default_rng([seed, _SPLITS.index(split)])
    times = np.linspace(0.0, 1.0, frames or 1)
    images = np.zeros((count, len(times), size, size), "float32")
    points = np.zeros((count, len(times), len(KEYPOINTS), 3), "float32")
    for number in range(count):
        digit = digits[random.choice(rows)]
        ends = np.stack([_draw(random), _draw(random)])
        for frame, time in enumerate(times):
            pose = (1 - time) * ends[0] + time * ends[1]
            images[number, frame] = _image(digit, pose, size)
            points[number, frame] = _posed(_keypoints(digit), pose, size)
    if frames is None:
        images, points = images[:, 0], points[:, 0]
    return Poses(images[..., None], points)


def _draw(random):
    """Angles of turn and of tilt in radians, and moves in pixels."""
    limits = np.array([np.pi / 6, np.pi / 3, 2.0, 2.0])
    return random.uniform(-limits, limits)


def _keypoints(digit):
    """Row and column of each keypoint, relative to the square's centre."""
    rows, columns = np.nonzero(digit >= INK)
    places = np.stack([rows, columns], axis=1) - 3.5
    found = [places.mean(axis=0)]
    for axis, end in ((0, np.min), (0, np.max), (1, np.min), (1, np.max)):
        at = places[:, axis] == end(places[:, axis])
        found.append(places[at].mean(axis=0))
    return np.array(found)


def _posed(places, pose, size):
    """Row, column and depth of places of the digit in the image."""
    turn, tilt, *move = pose
    row, column = _SCALE * places.T
    depth, column = column * np.sin(tilt), column * np.cos(tilt)
    middle = (size - 1) / 2
    return np.stack(
        [
            middle + move[0] + row * np.cos(turn) - column * np.sin(turn),
            middle + move[1] + row * np.sin(turn) + column * np.cos(turn),
            depth,
        ],
        axis=1,
    )


def _image(digit, pose, size):
    """The digit in a pose, between whose pixels ink is interpolated."""
    turn, tilt, *move = pose
    row, column = np.mgrid[:size, :size] - (size - 1) / 2
    row, column = row - move[0], column - move[1]
    # Backwards: the turn, the tilt, the scale.
    row, column = (
        row * np.cos(turn) + column * np.sin(turn),
        column * np.cos(turn) - row * np.sin(turn),
    )
    row, column = row / _SCALE, column / (_SCALE * np.cos(tilt))
    nearness = np.clip(column * np.sin(tilt) / 4.0, -1.0, 1.0)
    shade = _SHADE + (1 - _SHADE) * (nearness + 1) / 2
    # One row and column of empty paper around the digit.
    padded = np.pad(digit, 1)
    row, column = (np.clip(x + 4.5, 0, 9 - 1e-6) for x in (row, column))
    top, left = row.astype(int), column.astype(int)
    down, right = row - top, column - left
    ink = (1 - down) * (
        (1 - right) * padded[top, left] + right * padded[top, left + 1]
    ) + down * (
        (1 - right) * padded[top + 1, left] + right * padded[top + 1, left + 1]
    )
    return shade * ink
