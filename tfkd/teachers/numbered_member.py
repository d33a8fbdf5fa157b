"""Of several teachers, the one whose number an example carries."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.teachers.members import JointTeacher
from tfkd.teachers.members import as_teachers
from tfkd.teachers.members import choose
from tfkd.teachers.members import common_specs


@keras.saving.register_keras_serializable("tfkd")
class NumberedMemberTeacher(JointTeacher):
    """Each example is taught by the teacher of its own domain or language.

    Its view is `{"inputs": ..., "member": numbers}`, with a whole number of
    shape `(batch,)` for each example, from 0. The tap `"member"` is this
    number. All teachers see all examples; a number that none has means the
    first.

    Args:
        teachers: `keras.Model`s or `Teacher`s whose taps have one shape.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If there is no teacher, shapes of taps differ, or a
            batch's view is none of these.
    """

    def __init__(self, teachers, **kwargs):
        super().__init__(as_teachers(teachers), **kwargs)

    def reads_from_student(self, taps):
        return super().reads_from_student(_own(taps))

    def connect(self, taps, student):
        specs = common_specs(self.members, _own(taps), student)
        self.ask_for(taps)
        self.built = True
        return {
            name: keras.KerasTensor((None,), "int32")
            if name == "member"
            else specs[name]
            for name in taps
        }

    def call(self, inputs, student=None, step=0):
        if not isinstance(inputs, dict) or set(inputs) != {"inputs", "member"}:
            found = sorted(inputs) if isinstance(inputs, dict) else inputs
            raise InputError(
                "The view of a NumberedMemberTeacher is a dict of 'inputs' "
                f"and 'member', received {found!r}. Give every batch x = "
                '{"student": ..., "teacher": {"inputs": ..., "member": ...}}.'
            )
        member = ops.cast(ops.reshape(inputs["member"], (-1,)), "int32")
        found = [
            teacher(inputs["inputs"], student=student, step=step)
            for teacher in self.members
        ]
        return {
            name: member
            if name == "member"
            else choose(member, [taps[name] for taps in found])
            for name in self.asked
        }

    def get_config(self):
        config = super().get_config()
        config.pop("autocast", None)
        teachers = keras.saving.serialize_keras_object(list(self.members))
        return {**config, "teachers": teachers}

    @classmethod
    def from_config(cls, config):
        teachers = keras.saving.deserialize_keras_object(config["teachers"])
        return cls(**{**config, "teachers": teachers})


def _own(taps):
    """Those that the teachers themselves have."""
    return [name for name in taps if name != "member"]
