"""Of several teachers, the one that is surest of an example."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.teachers.members import JointTeacher
from tfkd.teachers.members import as_teachers
from tfkd.teachers.members import choose
from tfkd.teachers.members import common_specs


@keras.saving.register_keras_serializable("tfkd")
class ConfidentMemberTeacher(JointTeacher):
    """Each example is taught by the teacher with the highest probability.

    Equation:  F_t(x) = F_i(x),  i = argmax_i max_k softmax(z_i(x))_k
    Symbols:   z_i (batch, classes) logits of teacher i; F_i any of its taps.

    Args:
        teachers: `keras.Model`s or `Teacher`s whose taps have one shape.
        **kwargs: See `Teacher`.

    Raises:
        InputError: If there is no teacher, or shapes of taps differ.
    """

    def __init__(self, teachers, **kwargs):
        super().__init__(as_teachers(teachers), **kwargs)

    def reads_from_student(self, taps):
        return super().reads_from_student(_with_logits(taps))

    def connect(self, taps, student):
        specs = common_specs(self.members, _with_logits(taps), student)
        if len(specs["logits"].shape) != 2:
            raise InputError(
                "ConfidentMemberTeacher compares logits (batch, classes), "
                f"received shape {tuple(specs['logits'].shape)}. Use an "
                "EnsembleTeacher."
            )
        self.ask_for(taps)
        self.built = True
        return {name: specs[name] for name in taps}

    def call(self, inputs, student=None, step=0):
        found = [
            member(inputs, student=student, step=step)
            for member in self.members
        ]
        log_p = [
            ops.log_softmax(ops.cast(taps["logits"], "float32"))
            for taps in found
        ]
        sureness = ops.stack([ops.max(p, axis=-1) for p in log_p], axis=1)
        chosen = ops.argmax(sureness, axis=1)
        return {
            name: choose(chosen, [taps[name] for taps in found])
            for name in self.asked
        }

    def get_config(self):
        teachers = keras.saving.serialize_keras_object(list(self.members))
        return {**super().get_config(), "teachers": teachers}

    @classmethod
    def from_config(cls, config):
        teachers = keras.saving.deserialize_keras_object(config["teachers"])
        return cls(**{**config, "teachers": teachers})


def _with_logits(taps):
    return tuple(dict.fromkeys((*taps, "logits")))
