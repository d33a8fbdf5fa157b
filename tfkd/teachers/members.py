"""What teachers that choose among several have in common."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.teachers.base import Teacher
from tfkd.teachers.frozen import FrozenTeacher


def as_teachers(teachers):
    """Returns a list of `Teacher`s, at least one.

    Args:
        teachers: `keras.Model`s or `Teacher`s.

    Raises:
        InputError: If there is none, or one is neither.
    """
    members = [
        member if isinstance(member, Teacher) else FrozenTeacher(member)
        for member in teachers
    ]
    if not members:
        raise InputError(
            "A choice among teachers needs at least one, received none. Pass "
            "a list of models."
        )
    return members


def common_specs(members, taps, student, transforms=None):
    """Connects teachers and returns their specs, which must be alike.

    Args:
        members: `Teacher`s.
        taps: Tap names.
        student: The model that is trained.
        transforms: Tap name to a `Transform` that the tap passes.

    Raises:
        InputError: If shapes of a tap differ.
    """
    specs = [member.connect(taps, student) for member in members]
    for name, transform in (transforms or {}).items():
        for found in specs:
            shape = tuple(found[name].shape)
            found[name] = transform(
                keras.KerasTensor(shape, transform.compute_dtype)
            )
    for name in taps:
        shapes = {tuple(found[name].shape) for found in specs}
        if len(shapes) > 1:
            raise InputError(
                f"The tap {name!r} cannot be chosen among teachers: its "
                f"shapes differ, {sorted(shapes, key=str)}. Leave out those "
                "that differ."
            )
    return specs[0]


def choose(chosen, tensors):
    """Returns of each example the tensor of one teacher.

    Args:
        chosen: Numbers of teachers, `(batch,)`; the first where none has it.
        tensors: One a teacher, `(batch, ...)`.
    """
    result = tensors[0]
    for number, tensor in enumerate(tensors[1:], start=1):
        rows = ops.reshape(chosen == number, (-1,) + (1,) * (tensor.ndim - 1))
        result = ops.where(rows, tensor, result)
    return result
