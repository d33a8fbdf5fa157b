"""Numerically safe pieces that distances, transforms and losses share."""

from keras import ops

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
