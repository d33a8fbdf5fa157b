"""Classes of examples, as sources that draw by class read them."""

import numpy as np

from tfkd.errors import InputError


def class_numbers(y, examples, *, unlabelled=False):
    """Returns the class of each example, `(examples,)`.

    Args:
        y: Whole numbers `(examples,)` or `(examples, 1)`.
        examples: How many there must be.
        unlabelled: Whether some may be negative: examples without a label.

    Raises:
        InputError: If y is something else.
    """
    y = np.asarray(y)
    numbers = y.reshape(-1)
    whole = np.issubdtype(y.dtype, np.number) and np.all(numbers % 1 == 0)
    if not whole or len(y.shape) not in (1, 2) or len(numbers) != examples:
        raise InputError(
            "Classes must be whole numbers, one for each of "
            f"{examples} examples, received an array of shape {y.shape} and "
            f"dtype {y.dtype}. Take the argmax of one-hot rows."
        )
    if not unlabelled and np.any(numbers < 0):
        raise InputError(
            f"Classes must be numbers >= 0, received {numbers.min()}: -1 "
            "marks an example without a label. Leave those out."
        )
    return numbers
