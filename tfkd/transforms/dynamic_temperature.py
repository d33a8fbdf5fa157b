"""A temperature for every example."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.numerics import l2_normalize
from tfkd.transforms.base import Transform

_SCORES = ("similarity", "confidence")


@keras.saving.register_keras_serializable("tfkd")
class DynamicTemperature(Transform):
    """Lowers the temperature of confusing examples, and raises the others'.

    Equation:  T_i = max(T + b (mean_j w_j - w_i), m)
               "similarity": w = (1 - cos(z_t, z_s))^g
               "confidence": w = 1 / max_c softmax(z_s)_c
    Symbols:   z_t, z_s (batch, ..., classes) logits of teacher and student;
               T a scalar; b = `bias`; g = `power`; m = `minimum`. The result
               is (batch, ..., 1), without gradient.
    Paper:     Wen, Lai & Qian, *Preparing Lessons: Improve Knowledge
               Distillation with Better Supervision*, 2019, arXiv:1911.07471.

    Args:
        score: `"similarity"` (the paper's focal-loss-style weights) or
            `"confidence"` (its weights by the student's maximum).
        bias: b >= 0.
        power: g > 0, of similarity alone.
        minimum: m > 0.
        **kwargs: See `Transform`.

    Raises:
        InputError: If an argument is out of range.
    """

    def __init__(
        self, score="similarity", bias=10.0, power=1.0, minimum=1.0, **kwargs
    ):
        super().__init__(**kwargs)
        if score not in _SCORES:
            raise unknown("score of a dynamic temperature", score, _SCORES)
        if not (0 <= bias < float("inf") and power > 0 and minimum > 0):
            raise InputError(
                "A dynamic temperature needs bias >= 0, power > 0 and "
                f"minimum > 0, received bias={bias!r}, power={power!r}, "
                f"minimum={minimum!r}."
            )
        self.score = score
        self.bias = float(bias)
        self.power = float(power)
        self.minimum = float(minimum)

    def call(self, teacher, student, temperature):
        """Returns T_i.

        Args:
            teacher: z_t.
            student: z_s.
            temperature: T.
        """
        student = ops.stop_gradient(student)
        if self.score == "similarity":
            cosine = ops.sum(
                l2_normalize(teacher) * l2_normalize(student),
                axis=-1,
                keepdims=True,
            )
            # Rounding must not make the base of a power negative.
            weight = ops.maximum(1.0 - cosine, 0.0) ** self.power
        else:
            p = ops.softmax(student, axis=-1)
            weight = 1.0 / ops.max(p, axis=-1, keepdims=True)
        shift = self.bias * (ops.mean(weight) - weight)
        return ops.maximum(temperature + shift, self.minimum)

    def get_config(self):
        return {
            **super().get_config(),
            "score": self.score,
            "bias": self.bias,
            "power": self.power,
            "minimum": self.minimum,
        }
