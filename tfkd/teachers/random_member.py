"""One of several teachers, drawn for every batch."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import shares
from tfkd.teachers.members import as_teachers
from tfkd.teachers.members import common_specs
from tfkd.teachers.members import read_by
from tfkd.teachers.stochastic import StochasticTeacher


@keras.saving.register_keras_serializable("tfkd")
class RandomMemberTeacher(StochasticTeacher):
    """Each batch is taught by one teacher, drawn by weight.

    Only the teacher that is drawn runs.

    Equation:  z_t = z_i,  i ~ Cat(w), one i a batch

    Args:
        teachers: `keras.Model`s or `Teacher`s whose taps have one shape.
        weights: w, non-negative; normalized; equal if absent.
        transforms: Tap name to a `tfkd.transforms.Transform` without weights
            that the tap passes, so that its shapes may differ.
        **kwargs: See `StochasticTeacher`.

    Raises:
        InputError: If there is no teacher, weights do not fit, a teacher
            draws random numbers itself, or shapes of taps differ.
    """

    def __init__(self, teachers, *, weights=None, transforms=None, **kwargs):
        super().__init__(**kwargs)
        self.members = as_teachers(teachers)
        self.transforms = dict(transforms or {})
        self._used = {}
        for member in self.members:
            if member.stochastic or member.follows_student:
                raise InputError(
                    "RandomMemberTeacher draws among frozen teachers, "
                    f"received a {type(member).__name__}. Pass its models."
                )
        self.member_weights = shares(
            "weights of teachers", weights, len(self.members)
        )

    def reads_from_student(self, taps):
        return read_by(self.members, taps)

    def connect(self, taps, student):
        used = {n: t for n, t in self.transforms.items() if n in taps}
        specs = common_specs(self.members, taps, student, used)
        # A second distiller of the same teacher takes none from the first.
        self._used = {**self._used, **used}
        self.built = True
        return specs

    def call(self, inputs, student=None, step=0):
        with np.errstate(divide="ignore"):
            logs = np.log(np.array([self.member_weights], "float32"))
        # A weight of 0 gets the share e^-1e9 = 0.
        drawn = keras.random.categorical(
            np.maximum(logs, -1e9), 1, dtype="int32", seed=self.seed_generator
        )
        branches = [
            lambda member=member: self._transformed(
                member(inputs, student=student, step=step)
            )
            for member in self.members
        ]
        return ops.switch(drawn[0, 0], branches)

    def _transformed(self, taps):
        made = {name: t(taps[name]) for name, t in self._used.items()}
        return {**taps, **made}

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            **super().get_config(),
            "teachers": serialize(list(self.members)),
            "weights": self.member_weights,
            "transforms": serialize(self.transforms),
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        for key in ("teachers", "transforms"):
            config[key] = keras.saving.deserialize_keras_object(config.get(key))
        return cls(**config)
