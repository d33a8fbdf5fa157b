"""Adaptive pooling: maps of any size to a given size."""

import math

import numpy as np
from keras import ops

from tfkd.errors import InputError


def average_to(x, size):
    """Averages `(batch, h, w, c)` to `(batch, *size, c)`.

    Output position i averages the inputs from floor(i h / H) to
    ceil((i + 1) h / H), so that sizes need not be multiples; a smaller map
    is repeated.

    Args:
        x: Maps of known height and width.
        size: `(H, W)`.

    Raises:
        InputError: If height or width is unknown.
    """
    height, width = x.shape[1], x.shape[2]
    if (height, width) == tuple(size):
        return x
    if height is None or width is None:
        raise InputError(
            f"Maps are averaged to {tuple(size)} from a known height and "
            f"width, received shape {tuple(x.shape)}. Build the model with a "
            "fixed input size."
        )
    rows = ops.cast(_averages(height, size[0]), x.dtype)
    columns = ops.cast(_averages(width, size[1]), x.dtype)
    return ops.einsum("bhwc,ih,jw->bijc", x, rows, columns)


def aligned(taps):
    """Averages maps of several networks to the smallest size among them.

    Args:
        taps: `(batch, height, width, channels)`, tensors or specs, of known
            height and width.

    Returns:
        A list of maps of one size; of specs, their specs.

    Raises:
        InputError: If one is no such map.
    """
    shapes = [tuple(tap.shape) for tap in taps]
    if any(len(s) != 4 or None in s[1:3] for s in shapes):
        raise InputError(
            "Features of several networks are compared as maps (batch, "
            f"height, width, channels) of known size, received taps of shapes "
            f"{shapes}. Choose convolutional taps: see "
            "tfkd.taps.summary(model)."
        )
    size = tuple(min(s[axis] for s in shapes) for axis in (1, 2))
    return [average_to(tap, size) for tap in taps]


def maximum_to(x, size):
    """Takes maxima of `(batch, h, w, c)` down to `(batch, *size, c)`.

    The windows are those of `average_to`.

    Args:
        x: Maps of known height and width.
        size: `(H, W)`.
    """
    for axis, target in zip((1, 2), size):
        windows = _windows(x.shape[axis], target)
        if len(windows) == x.shape[axis]:
            continue
        rows = [
            ops.max(
                ops.take(x, np.arange(start, end), axis=axis),
                axis=axis,
                keepdims=True,
            )
            for start, end in windows
        ]
        x = ops.concatenate(rows, axis=axis)
    return x


def _windows(size, target):
    """Start and end of the inputs behind each of `target` outputs."""
    return [
        (i * size // target, math.ceil((i + 1) * size / target))
        for i in range(target)
    ]


def _averages(size, target):
    matrix = np.zeros((target, size))
    for index, (start, end) in enumerate(_windows(size, target)):
        matrix[index, start:end] = 1.0 / (end - start)
    return matrix
