"""Networks of another view that are trained beside the student."""

import keras

from tfkd import models
from tfkd import taps
from tfkd.errors import InputError
from tfkd.teachers import ViewTeacher


def partner_of(method, *, teacher, partner, student, tap):
    """Returns what provides the other view, and the network of it.

    Args:
        method: Key of the method.
        teacher: Must be `None`.
        partner: Model of the other view, which is trained; or a dict of
            arguments of `tfkd.models.build`, where `input_shape` and
            `num_classes` are the student's if absent.
        student: The student.
        tap: Name of the partner's embedding.

    Returns:
        A `ViewTeacher`, and a model up to the tap, of the partner's layers.

    Raises:
        InputError: If there is a teacher, or no partner of one input.
    """
    if teacher is not None:
        raise InputError(
            f"{method} trains the networks of both views at once; the other "
            f"one is its partner. Received teacher={teacher!r}. Pass "
            "teacher=None, partner=model."
        )
    if isinstance(partner, dict):
        partner = models.build(
            **{
                "input_shape": student.input_shape[1:],
                "num_classes": student.output_shape[-1],
                **partner,
            }
        )
    if not isinstance(partner, keras.Model) or len(partner.inputs) != 1:
        raise InputError(
            f"{method} needs partner=model, a network of one input, the other "
            f"view, received {partner!r}. A dict of arguments of "
            "tfkd.models.build makes one."
        )
    view = partner.inputs[0]
    return (
        ViewTeacher(tuple(view.shape[1:]), dtype=view.dtype),
        taps.until(partner, tap),
    )
