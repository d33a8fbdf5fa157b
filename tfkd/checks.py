"""What is checked of numbers that a user gives, by the arguments' names."""

import math

from tfkd.errors import InputError


def whole(minimum, /, *, hint="", **numbers):
    """Raises unless all are whole numbers, and large enough.

    Args:
        minimum: The smallest that is allowed.
        hint: A last sentence of the message.
        **numbers: By the names that a user knows them by.

    Raises:
        InputError: Naming the first that is none, or is below `minimum`.
    """
    for name, value in numbers.items():
        number = _number(value)
        if not (number >= minimum and number.is_integer()):
            _refuse(name, f"a whole number >= {minimum}", value, hint)


def positive(*, hint="", **numbers):
    """Raises unless all are finite numbers > 0.

    Args:
        hint: A last sentence of the message.
        **numbers: By the names that a user knows them by.

    Raises:
        InputError: Naming the first that is not.
    """
    for name, value in numbers.items():
        if not 0 < _number(value) < math.inf:
            _refuse(name, "a finite number > 0", value, hint)


def not_negative(*, hint="", **numbers):
    """Raises unless all are finite numbers >= 0.

    Args:
        hint: A last sentence of the message.
        **numbers: By the names that a user knows them by.

    Raises:
        InputError: Naming the first that is not.
    """
    for name, value in numbers.items():
        if not 0 <= _number(value) < math.inf:
            _refuse(name, "a finite number >= 0", value, hint)


def _number(value):
    """Returns what is given as a float; NaN for what is no number."""
    try:
        return math.nan if isinstance(value, str) else float(value)
    except (TypeError, ValueError):
        return math.nan


def _refuse(name, wanted, value, hint):
    message = f"{name} must be {wanted}, received {value!r}. {hint}"
    raise InputError(message.strip())
