"""Adaptive average pooling: maps of any size to a given size."""

import math

import numpy as np
from keras import ops


def average_to(x, size):
    """Averages `(batch, h, w, c)` to `(batch, *size, c)`.

    Output position i averages the inputs from floor(i h / H) to
    ceil((i + 1) h / H), so that sizes need not be multiples; a smaller map
    is repeated.

    Args:
        x: Maps of known height and width.
        size: `(H, W)`.
    """
    height, width = x.shape[1], x.shape[2]
    if (height, width) == tuple(size):
        return x
    rows = ops.cast(_averages(height, size[0]), x.dtype)
    columns = ops.cast(_averages(width, size[1]), x.dtype)
    return ops.einsum("bhwc,ih,jw->bijc", x, rows, columns)


def _averages(size, target):
    matrix = np.zeros((target, size))
    for index in range(target):
        start = index * size // target
        end = math.ceil((index + 1) * size / target)
        matrix[index, start:end] = 1.0 / (end - start)
    return matrix
