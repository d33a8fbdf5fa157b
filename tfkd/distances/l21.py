"""The L2,1 norm of a difference: Euclidean within groups, summed over them."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.numerics import per_example
from tfkd.numerics import safe_sqrt


@keras.saving.register_keras_serializable("tfkd")
class L21Distance(Distance):
    """Sum over groups of the Euclidean norm within a group.

    Equation:  d(t, s) = sum_j sqrt(sum_i (t_ij - s_ij)^2)
    Symbols:   t, s (batch, ...) tensors of one shape; i runs over `axis`, j
               over everything else but the batch.

    Args:
        axis: The axis of i, counted with the batch.
        **kwargs: See `Distance`.
    """

    def __init__(self, axis=1, **kwargs):
        super().__init__(**kwargs)
        self.axis = axis

    def call(self, teacher, student):
        square = ops.sum(ops.square(teacher - student), axis=self.axis)
        return per_example(safe_sqrt(square), "sum")

    def get_config(self):
        return {**super().get_config(), "axis": self.axis}
