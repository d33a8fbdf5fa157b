"""Kullback-Leibler divergence between diagonal normal distributions."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example

# Beyond exp of these, a deviation says nothing that float32 can square.
_LIMIT = 10.0


@keras.saving.register_keras_serializable("tfkd")
class GaussianKL(Distance):
    """KL(teacher || student) of normal distributions, one a coordinate.

    Equation:  d(t, s) = sum_i [ (r_i - 1 - log r_i) / 2
                                 + (m_t - m_s)_i^2 / (2 v_s,i) ] ,
               r_i = v_t,i / v_s,i; divided by the number of coordinates if
               `reduce="mean"`. In nats.
    Symbols:   t, s (batch, ..., 2 A): A means m, then A logarithms of
               standard deviations, of which those beyond -10 and 10 count as
               these; v variances.

    Args:
        reduce: `"mean"` or `"sum"` over everything but the batch.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `reduce` is another value.
    """

    def __init__(self, reduce="sum", **kwargs):
        super().__init__(**kwargs)
        if reduce not in ("mean", "sum"):
            raise InputError(
                f"GaussianKL needs reduce 'mean' or 'sum', received {reduce!r}."
            )
        self.reduce = reduce

    def validate(self, teacher_shape, student_shape):
        super().validate(teacher_shape, student_shape)
        width = student_shape[-1]
        if width is None or width % 2:
            raise InputError(
                "GaussianKL compares as many means as logarithms of standard "
                f"deviations, side by side, received {width!r} numbers an "
                "example. Let both networks end in two numbers an action."
            )

    def call(self, teacher, student):
        means, log_teacher = _parts(teacher)
        own, log_student = _parts(student)
        log_ratio = 2.0 * (log_teacher - log_student)
        gap = (means - own) * ops.exp(-log_student)
        each = ops.expm1(log_ratio) - log_ratio + ops.square(gap)
        return per_example(0.5 * each, self.reduce)

    def get_config(self):
        return {**super().get_config(), "reduce": self.reduce}


def _parts(x):
    """Means and limited logarithms of standard deviations."""
    count = x.shape[-1] // 2
    return x[..., :count], ops.clip(x[..., count:], -_LIMIT, _LIMIT)
