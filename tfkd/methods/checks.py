"""What several methods check of their arguments."""

from tfkd.errors import InputError


def no_teacher(method, teacher):
    """Raises where a teacher is given to a method that makes its own.

    Args:
        method: Key of the method.
        teacher: What was given as teacher.

    Raises:
        InputError: If it is not `None`.
    """
    if teacher is not None:
        raise InputError(
            f"The method {method!r} needs no teacher: the student teaches "
            f"itself. Received {teacher!r}. Pass teacher=None."
        )


def at_least(method, name, value, minimum):
    """Returns a whole number that is large enough.

    Raises:
        InputError: If it is no whole number, or is below `minimum`.
    """
    if int(value) != value or value < minimum:
        raise InputError(
            f"{name} of {method} must be a whole number >= {minimum}, "
            f"received {value!r}."
        )
    return int(value)
