"""What teachers that choose among several have in common."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.teachers.base import Teacher
from tfkd.teachers.frozen import FrozenTeacher


class JointTeacher(Teacher):
    """What every teacher is that is made of others.

    It follows the student, and draws random numbers, where one of them does.

    Args:
        members: The `Teacher`s.
        **kwargs: See `Teacher`.
    """

    def __init__(self, members, **kwargs):
        super().__init__(**kwargs)
        self.members = members
        self.stochastic = any(member.stochastic for member in members)
        self.follows_student = any(m.follows_student for m in members)
        self.reads_stored = all(member.reads_stored for member in members)

    def reads_from_student(self, taps):
        return read_by(self.members, taps)

    def update(self, student, step):
        for member in self.members:
            if member.follows_student:
                member.update(student, step)


def read_by(members, taps):
    """Returns the student's taps that some of these teachers need."""
    read = [member.reads_from_student(taps) for member in members]
    return tuple(dict.fromkeys(name for names in read for name in names))


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
