"""Who learns together with the student."""

import keras

from tfkd.errors import InputError
from tfkd.methods.checks import at_least
from tfkd.models.fresh import fresh_copy


def peer_models(method, teacher, student, count, seed, argument="teacher"):
    """Returns the student's peers.

    Args:
        method: Key of the method.
        teacher: A peer or a list of peers, or `None` for new ones.
        student: The student.
        count: Networks in the group, the student included; `None` for 2, or
            for as many as are given.
        seed: Of new peers' weights.
        argument: Name of the method's argument that `teacher` is.

    Returns:
        A list of at least one `keras.Model`: those given, or copies of the
        student with new weights.

    Raises:
        InputError: If a peer is no Keras model, is the student, or the
            count does not fit.
    """
    if teacher is None:
        count = at_least(method, "peers", 2 if count is None else count, 2)
        return [
            fresh_copy(student, seed + number, f"{student.name}_peer{number}")
            for number in range(1, count)
        ]
    given = list(teacher) if isinstance(teacher, (list, tuple)) else [teacher]
    ids = {id(model) for model in (student, *given)}
    if not given or len(ids) < len(given) + 1:
        raise InputError(
            f"The peers of {method} must be models other than the student "
            f"and each other, received {[m.name for m in given]}. Pass "
            f"{argument}=None for copies with new weights."
        )
    for model in given:
        if not isinstance(model, keras.Model):
            raise InputError(
                f"The peers of {method} are trained with the student, so "
                f"`{argument}` must be a keras.Model, a list of them, or None; "
                f"received {type(model).__name__}."
            )
    if count is not None and count != len(given) + 1:
        raise InputError(
            f"peers of {method} counts the student too: with {len(given)} "
            f"given it must be {len(given) + 1}, received {count!r}. Leave "
            "it out."
        )
    return given
