"""What several methods check of their arguments."""

from tfkd import checks
from tfkd import taps
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
    checks.whole(minimum, **{f"{name} of {method}": value})
    return int(value)


def positive(method, name, value):
    """Returns a number that is greater than zero.

    Raises:
        InputError: If it is not, or is not finite.
    """
    checks.positive(**{f"{name} of {method}": value})
    return float(value)


def share_of_labels(method, share):
    """Returns the part of examples that have a label.

    Raises:
        InputError: If it is not in (0, 1].
    """
    if not 0 < share <= 1:
        raise InputError(
            f"labelled_share of {method} must be in (0, 1], received "
            f"{share!r}: labelled examples over all examples."
        )
    return float(share)


def dense_logits(method, teacher, student, names=("logits", "logits")):
    """Raises where the logits of a model are no map.

    Args:
        method: Key of the method.
        teacher: A model, or a teacher that has one.
        student: A model.
        names: Taps of the logits of both.

    Raises:
        InputError: If one answers for whole images.
    """
    models = (teacher, student)
    shapes = [taps.shape(model, tap) for model, tap in zip(models, names)]
    if any(len(shape) != 4 for shape in shapes):
        raise InputError(
            f"{method} needs dense logits (batch, height, width, classes), "
            f"received teacher {shapes[0]} and student {shapes[1]}. Use "
            "segmenters such as tfkd.tasks.segmentation.model()."
        )
