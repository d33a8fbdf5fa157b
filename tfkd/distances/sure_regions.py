"""Squared differences of detectors, most where the teacher is sure."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class SureRegions(Distance):
    """Squared difference of answers for regions, of which some count fully.

    Equation:  d(t, s) = 1/R sum_r w_r 1/n sum_i (t_ri - s_ri)^2 ,
               w_r = 1  if max_c sigmoid(t_rc) >= m,  b^2  else
    Symbols:   t, s (batch, regions, n) answers for R regions: `numbers` that
               say where, and a logit a class c; m = `threshold`; b = `blend`.
               Where the teacher is not sure, this is the square of the
               difference from a target b t + (1 - b) s, through which the
               gradient passes, too.
    Paper:     Farhadi & Yang, *TKD: Temporal Knowledge Distillation for
               Active Perception*, WACV 2020, arXiv:1903.01522; the authors'
               code.

    Args:
        threshold: m in [0, 1].
        blend: b in [0, 1].
        numbers: Numbers before the logits, >= 0.
        **kwargs: See `Distance`.

    Raises:
        InputError: If a number is out of range, or the tensors are no answers
            for regions.
    """

    def __init__(self, threshold=0.4, blend=0.4, numbers=4, **kwargs):
        super().__init__(**kwargs)
        if not (0 <= threshold <= 1 and 0 <= blend <= 1 and numbers >= 0):
            raise InputError(
                "SureRegions needs threshold and blend in [0, 1] and numbers "
                f">= 0, received threshold={threshold!r}, blend={blend!r}, "
                f"numbers={numbers!r}."
            )
        self.threshold = float(threshold)
        self.blend = float(blend)
        self.numbers = int(numbers)

    def validate(self, teacher_shape, student_shape):
        super().validate(teacher_shape, student_shape)
        width = teacher_shape[-1]
        if len(teacher_shape) != 3 or not (width or 0) > self.numbers:
            raise InputError(
                "SureRegions compares answers for regions (batch, regions, "
                f"{self.numbers} + classes), received {tuple(teacher_shape)}. "
                "Name the outputs of detectors."
            )

    def call(self, teacher, student):
        sure = ops.sigmoid(ops.max(teacher[..., self.numbers :], axis=-1))
        weight = ops.where(sure >= self.threshold, 1.0, self.blend**2)
        weight = ops.cast(weight, student.dtype)[..., None]
        return per_example(weight * ops.square(teacher - student))

    def get_config(self):
        return {
            **super().get_config(),
            "threshold": self.threshold,
            "blend": self.blend,
            "numbers": self.numbers,
        }
