"""What a generator of hard images lowers: the opposite of a loss."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss


@keras.saving.register_keras_serializable("tfkd")
class Opposed(KDLoss):
    """Minus another loss, for the player whom its success harms.

    Equation:  L = - l, or L = - log(1 + mean_b l) with `log`
    Symbols:   l (batch,) values of `opposed`, whose own weight is left out.
    Paper:     Fang et al., *Data-Free Adversarial Distillation*,
               arXiv:1912.11006; the survey's Eqn 11 with teacher and student
               as discriminator. With `log`, the slope falls as l grows.

    Args:
        opposed: A `KDLoss` without weights and without labels.
        log: Whether L is logarithmic; l must then be >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the other loss is no such loss.
    """

    def __init__(self, opposed, *, log=False, name="generator", **kwargs):
        super().__init__(name=name, **kwargs)
        if (
            not isinstance(opposed, KDLoss)
            or opposed.needs_labels
            or opposed.needs_index
        ):
            raise InputError(
                "What is opposed must be a tfkd.losses.KDLoss that needs "
                f"neither labels nor index, received {opposed!r}."
            )
        self.opposed = opposed
        self.log = bool(log)
        self.teacher_taps = opposed.teacher_taps
        self.student_taps = opposed.student_taps
        self.pairwise = opposed.pairwise

    def attach(self, teacher, student):
        self.opposed.attach(teacher, student)

    def setup(self, teacher, student):
        self.opposed.setup(teacher, student)
        if self.opposed.trainable_variables:
            raise InputError(
                "What is opposed must have no weights, which would be trained "
                f"against it; {self.opposed.name!r} has "
                f"{[v.path for v in self.opposed.trainable_variables]}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        values = self.opposed(teacher, student, step=step)
        if not self.log:
            return -values
        return -ops.log1p(ops.ones_like(values) * ops.mean(values))

    def get_config(self):
        return {
            **super().get_config(),
            "opposed": keras.saving.serialize_keras_object(self.opposed),
            "log": self.log,
        }

    @classmethod
    def from_config(cls, config):
        config = dict(config)
        opposed = keras.saving.deserialize_keras_object(config.pop("opposed"))
        return cls(opposed, **config)
