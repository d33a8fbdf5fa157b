"""Squared distance that lets negative features be more negative."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class PartialL2(Distance):
    """Squared difference, skipped where the student lies below a negative.

    Equation:  d(t, s) = sum_i 0 if s_i <= t_i <= 0 else (t_i - s_i)^2,
               divided by the number of features if `reduce="mean"`
    Symbols:   t, s (batch, ...) pre-activations of one shape.
    Paper:     Heo et al., *A Comprehensive Overhaul of Feature
               Distillation*, ICCV 2019, arXiv:1904.01866, Sec 3.

    Args:
        reduce: `"sum"` or `"mean"` over everything but the batch.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `reduce` is another value.
    """

    def __init__(self, reduce="sum", **kwargs):
        super().__init__(**kwargs)
        if reduce not in ("mean", "sum"):
            raise InputError(
                f"reduce must be 'mean' or 'sum', received {reduce!r}."
            )
        self.reduce = reduce

    def call(self, teacher, student):
        skipped = ops.logical_and(student <= teacher, teacher <= 0)
        square = ops.square(teacher - student)
        kept = ops.where(skipped, ops.zeros_like(square), square)
        return per_example(kept, self.reduce)

    def get_config(self):
        return {**super().get_config(), "reduce": self.reduce}
