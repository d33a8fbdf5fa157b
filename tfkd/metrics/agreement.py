"""How closely two models answer alike, whether right or wrong."""

import numpy as np

from tfkd.errors import InputError


def agreement(first, second):
    """Returns the fraction of examples with the same most likely class.

    An answer that holds NaN has no such class and is like no other.

    Args:
        first: Probabilities `(examples, classes)`.
        second: The same of another model, for the same examples.

    Raises:
        InputError: If shapes differ or there is no example.
    """
    first, second = _checked(first, second)
    known = ~(np.isnan(first) | np.isnan(second)).any(axis=1)
    same = first.argmax(axis=1) == second.argmax(axis=1)
    return float((same & known).mean())


def max_abs_error(first, second):
    """Returns the largest difference of two arrays of probabilities."""
    first, second = _checked(first, second)
    return float(np.abs(first.astype(np.float64) - second).max())


def _checked(first, second):
    first, second = np.asarray(first), np.asarray(second)
    if first.shape != second.shape or first.ndim != 2 or not len(first):
        raise InputError(
            "Two models are compared on arrays of the same, non-empty shape "
            f"(examples, classes), received {first.shape} and {second.shape}."
        )
    return first, second
