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


def mean_square(x):
    """Mean of the squares of each example's elements, `(batch,)`."""
    return per_example(ops.square(x))


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
    Accelerators round factors (TF32, bfloat16): then distances are as exact as
    that against the spread of the rows.

    Returns:
        Shape `(n, n)`, with a diagonal of zeros on any device.
    """
    # A common shift changes no distance; without it less cancels below.
    x = x - ops.stop_gradient(ops.mean(x, axis=0, keepdims=True))
    square = ops.sum(ops.square(x), axis=-1)
    sums = square[:, None] + square[None, :]
    distances = sums - 2.0 * ops.matmul(x, ops.transpose(x))
    rounding = 16.0 * float(np.finfo(standardize_dtype(x.dtype)).eps)
    apart = (distances > rounding * sums) & ~itself(ops.shape(x)[0])
    return ops.where(apart, distances, ops.zeros_like(distances))


def itself(count):
    """Which pairs among `count` are one with itself, `(count, count)`."""
    return ops.cast(ops.eye(count), "bool")


def stirling_remainder(log_x):
    """What Stirling's formula lacks: ln Gamma(x) minus the formula.

    Equation:  R(x) = ln Gamma(x) - [(x - 1/2) ln x - x + 1/2 ln 2 pi]

    From ln x, so that it is finite for any x that float32 cannot hold.
    It falls from -1/2 ln x at 0 to 1 / (12 x).

    Args:
        log_x: ln x of a positive x, any shape.
    """
    # Series at x + 8, and Gamma(x + 8) = x (x + 1) ... (x + 7) Gamma(x).
    small = log_x < np.log(8.0)
    low = ops.where(small, log_x, ops.zeros_like(log_x))
    x = ops.exp(low)
    products = sum(ops.log(x + k) for k in range(1, 8))
    shifted = (x + 7.5) * ops.log(x + 8.0) - 8.0 - (x + 0.5) * low
    shifted = shifted - products + _stirling_series(1.0 / (x + 8.0))
    high = ops.where(small, ops.full_like(log_x, np.log(8.0)), log_x)
    return ops.where(small, shifted, _stirling_series(ops.exp(-high)))


def _stirling_series(y):
    """R(x) of y = 1 / x <= 1 / 8, to 1e-11."""
    square = ops.square(y)
    return y * (
        1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680))
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
