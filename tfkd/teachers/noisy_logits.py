"""A teacher whose logits are perturbed."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.teachers.base import Teacher
from tfkd.teachers.frozen import FrozenTeacher
from tfkd.teachers.stochastic import StochasticTeacher


@keras.saving.register_keras_serializable("tfkd")
class NoisyLogitsTeacher(StochasticTeacher):
    """Multiplies the logits of some examples by noise around one.

    Equation:  z' = (1 + b xi) z,  xi_c ~ N(0, s^2),  b ~ Bernoulli(a)
    Symbols:   z (batch, ..., classes) logits; xi one number a logit, b one an
               example; s = `stddev`; a = `share`.
    Paper:     Sau & Balasubramanian, *Deep Model Compression: Distilling
               Knowledge from Noisy Teachers*, 2016, arXiv:1610.09650.

    Taps named `"logits"` are perturbed, also those of an ensemble's members;
    other taps are not.

    Args:
        teacher: A `keras.Model` or a `Teacher`.
        stddev: s >= 0. Unitless.
        share: a in [0, 1], the share of perturbed examples.
        **kwargs: See `StochasticTeacher`.

    Raises:
        InputError: If a number is out of range.
    """

    def __init__(self, teacher, *, stddev, share=1.0, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= stddev < float("inf") or not 0 <= share <= 1:
            raise InputError(
                "NoisyLogitsTeacher needs a finite stddev >= 0 and a share "
                f"in [0, 1], received stddev={stddev!r} and share={share!r}."
            )
        self.teacher = (
            teacher if isinstance(teacher, Teacher) else FrozenTeacher(teacher)
        )
        self.follows_student = self.teacher.follows_student
        self.reads_stored = self.teacher.reads_stored
        self.stddev = float(stddev)
        self.share = float(share)

    def reads_from_student(self, taps):
        return self.teacher.reads_from_student(taps)

    def connect(self, taps, student):
        self.built = True
        return self.teacher.connect(taps, student)

    def call(self, inputs, student=None, step=0):
        found = self.teacher(inputs, student=student, step=step)
        return {
            name: self._perturbed(tap)
            if name.rpartition("/")[-1] == "logits"
            else tap
            for name, tap in found.items()
        }

    def update(self, student, step):
        self.teacher.update(student, step)

    def _perturbed(self, logits):
        logits = ops.cast(logits, "float32")
        noise = self.stddev * keras.random.normal(
            ops.shape(logits), seed=self.seed_generator
        )
        ones = (1,) * (len(logits.shape) - 1)
        draw = keras.random.uniform(
            (ops.shape(logits)[0], *ones), seed=self.seed_generator
        )
        return ops.where(draw < self.share, (1.0 + noise) * logits, logits)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher": keras.saving.serialize_keras_object(self.teacher),
            "stddev": self.stddev,
            "share": self.share,
        }

    @classmethod
    def from_config(cls, config):
        teacher = keras.saving.deserialize_keras_object(config["teacher"])
        return cls(**{**config, "teacher": teacher})
