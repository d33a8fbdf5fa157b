"""Numerically safe pieces that distances, transforms and losses share."""

import numpy as np
from keras import ops
from keras.backend import standardize_dtype

from tfkd.errors import InputError

# Floor of a norm: the largest number that no real activation comes near.
TINY = 1e-12


def safe_sqrt(x):
    """Square root whose gradient at zero is zero instead of infinite."""
    positive = x > 0
    root = ops.sqrt(ops.where(positive, x, ops.ones_like(x)))
    return ops.where(positive, root, ops.zeros_like(x))


def l2_normalize(x, axis=-1):
    """Divides by the Euclidean norm over `axis`; zeros stay zeros.

    Dividing by the largest magnitude first keeps the squares of 1e-8 and of
    1e30 inside float32, so the result does not depend on the scale of `x`.
    """
    largest = ops.stop_gradient(ops.max(ops.abs(x), axis=axis, keepdims=True))
    scaled = x / ops.where(largest > 0, largest, ops.ones_like(largest))
    square = ops.sum(ops.square(scaled), axis=axis, keepdims=True)
    norm = ops.sqrt(ops.where(square > 0, square, ops.ones_like(square)))
    return scaled / norm


def flatten(x):
    """Reshapes `(batch, ...)` to `(batch, features)`."""
    return ops.reshape(x, (ops.shape(x)[0], -1))


def per_example(x, reduce="mean"):
    """Reduces everything but the batch axis, by `"mean"` or `"sum"`."""
    axes = tuple(range(1, len(x.shape)))
    if not axes:
        return x
    return (ops.mean if reduce == "mean" else ops.sum)(x, axis=axes)


def unit_scale(x):
    """Divides by the largest magnitude of the batch, as by a constant.

    For what does not depend on the scale of `x`: squares of 1e-30 and of 1e30
    then stay inside float32.
    """
    largest = ops.stop_gradient(ops.max(ops.abs(x)))
    return x / ops.where(largest > 0, largest, ops.ones_like(largest))


def square_distances(x):
    """Squared Euclidean distances between the rows of `(n, features)`.

    Rows that are equal up to rounding get exactly zero, and no gradient.

    Returns:
        Shape `(n, n)`, with a diagonal of zeros.
    """
    # A common shift changes no distance; without it less cancels below.
    x = x - ops.stop_gradient(ops.mean(x, axis=0, keepdims=True))
    square = ops.sum(ops.square(x), axis=-1)
    sums = square[:, None] + square[None, :]
    distances = sums - 2.0 * ops.matmul(x, ops.transpose(x))
    rounding = 16.0 * float(np.finfo(standardize_dtype(x.dtype)).eps)
    return ops.where(
        distances > rounding * sums, distances, ops.zeros_like(distances)
    )


def shares(name, values, count):
    """Returns non-negative factors that sum to one.

    Args:
        name: What they are, for the error.
        values: Non-negative numbers, not all zero; `None` for equal ones.
        count: How many there must be.

    Raises:
        InputError: If they are others.
    """
    values = [1.0] * count if values is None else [float(v) for v in values]
    total = sum(values)
    # A NaN fails every comparison.
    valid = all(0 <= value < float("inf") for value in values) and total > 0
    if len(values) != count or not valid:
        raise InputError(
            f"{name} must be {count} non-negative numbers, not all zero, "
            f"received {values}."
        )
    return [value / total for value in values]
