"""A teacher of single images that watches a clip."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.teachers.base import Teacher
from tfkd.teachers.frozen import FrozenTeacher

_REDUCE = ("max", "mean", "none")


@keras.saving.register_keras_serializable("tfkd")
class FramesTeacher(Teacher):
    """Runs a teacher on every frame, and joins what it answers.

    Equation:  F = max_f F(x_f)  or  1/N sum_f F(x_f), element by element;
               or all of them, (batch, frames, ...)
    Symbols:   x_f (batch, ...) frame f of N of the inputs (batch, N, ...).

    Args:
        teacher: A `keras.Model` or `Teacher` of single frames.
        reduce: `"max"`, `"mean"` or `"none"`.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If `reduce` is unknown, or the teacher reads or follows
            the student.
    """

    def __init__(self, teacher, *, reduce="max", **kwargs):
        super().__init__(**kwargs)
        if reduce not in _REDUCE:
            raise unknown("reduction of frames", reduce, _REDUCE)
        if not isinstance(teacher, Teacher):
            teacher = FrozenTeacher(teacher)
        if teacher.follows_student:
            raise InputError(
                "Frames are shown to a teacher that stays as it is, received "
                f"{type(teacher).__name__}. Pass a trained model."
            )
        self.member = teacher
        self.reduce = reduce
        self.stochastic = teacher.stochastic

    @property
    def members(self):
        """The one teacher, in a list."""
        return [self.member]

    def connect(self, taps, student):
        if self.member.reads_from_student(taps):
            raise InputError(
                "Frames are shown to a teacher that reads nothing of the "
                f"student, received {type(self.member).__name__}. Pass a "
                "trained model."
            )
        specs = self.member.connect(taps, student)
        self.ask_for(taps)
        self.built = True
        if self.reduce != "none":
            return specs
        return {
            name: keras.KerasTensor(
                (None, None, *spec.shape[1:]), dtype=spec.dtype
            )
            for name, spec in specs.items()
        }

    def call(self, inputs, student=None, step=0):
        first = keras.tree.flatten(inputs)[0]
        count, frames = ops.shape(first)[:2]
        single = keras.tree.map_structure(_joined, inputs)
        found = self.member(single, student=None, step=step)
        return {
            name: self._reduced(found[name], count, frames)
            for name in self.asked
        }

    def _reduced(self, tap, count, frames):
        tap = ops.reshape(tap, (count, frames, *ops.shape(tap)[1:]))
        if self.reduce == "none":
            return tap
        return (ops.max if self.reduce == "max" else ops.mean)(tap, axis=1)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher": keras.saving.serialize_keras_object(self.member),
            "reduce": self.reduce,
        }

    @classmethod
    def from_config(cls, config):
        teacher = keras.saving.deserialize_keras_object(config["teacher"])
        return cls(**{**config, "teacher": teacher})


def _joined(x):
    """Makes `(batch * frames, ...)` of `(batch, frames, ...)`."""
    if len(x.shape) < 3:
        raise InputError(
            "The teacher's view must be clips (batch, frames, ...), received "
            f"shape {tuple(x.shape)}. Add an axis for frames."
        )
    return ops.reshape(x, (-1, *ops.shape(x)[2:]))
