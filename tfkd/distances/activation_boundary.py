"""Whether two networks' neurons switch on for the same inputs."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class ActivationBoundary(Distance):
    """Squared hinge between the sign of the teacher and the student.

    Equation:  d(t, s) = sum_i rho(t_i) relu(m - s_i)^2
                               + (1 - rho(t_i)) relu(m + s_i)^2,
               rho(t) = 1 where t > 0, else 0; divided by the number of
               neurons if `reduce="mean"`
    Symbols:   t, s (batch, ...) pre-activations of one shape; m = `margin`.
    Paper:     Heo et al., *Knowledge Transfer via Distillation of Activation
               Boundaries Formed by Hidden Neurons*, AAAI 2019,
               arXiv:1811.03233 (its differentiable loss).

    Args:
        margin: m > 0.
        reduce: `"sum"` or `"mean"` over everything but the batch.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `margin` or `reduce` is out of range.
    """

    def __init__(self, margin=1.0, reduce="sum", **kwargs):
        super().__init__(**kwargs)
        if not margin > 0 or reduce not in ("mean", "sum"):
            raise InputError(
                "ActivationBoundary needs margin > 0 and reduce 'mean' or "
                f"'sum', received margin={margin!r}, reduce={reduce!r}."
            )
        self.margin = margin
        self.reduce = reduce

    def call(self, teacher, student):
        sign = ops.where(teacher > 0, -1.0, 1.0)
        wrong = ops.relu(self.margin + ops.cast(sign, student.dtype) * student)
        return per_example(ops.square(wrong), self.reduce)

    def get_config(self):
        return {
            **super().get_config(),
            "margin": self.margin,
            "reduce": self.reduce,
        }
