"""The L2,1 norm of a difference: Euclidean within groups, added up."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example
from tfkd.numerics import safe_sqrt


@keras.saving.register_keras_serializable("tfkd")
class L21Distance(Distance):
    """Sum or mean over groups of the Euclidean norm within a group.

    Equation:  d(t, s) = sum_j sqrt(sum_i (t_ij - s_ij)^2), or the mean over j
    Symbols:   t, s (batch, ...) tensors of one shape; i runs over `axis`, j
               over everything else but the batch.

    Args:
        axis: The axis of i, counted with the batch; not 0.
        reduce: `"sum"` or `"mean"` over j.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `reduce` is another value, or `axis` is 0.
    """

    def __init__(self, axis=1, reduce="sum", **kwargs):
        super().__init__(**kwargs)
        if reduce not in ("mean", "sum") or axis == 0:
            raise InputError(
                "L21Distance needs reduce 'mean' or 'sum' and an axis other "
                "than 0, that of the batch; received "
                f"reduce={reduce!r}, axis={axis!r}."
            )
        self.axis = axis
        self.reduce = reduce

    def call(self, teacher, student):
        square = ops.sum(ops.square(teacher - student), axis=self.axis)
        return per_example(safe_sqrt(square), self.reduce)

    def get_config(self):
        config = super().get_config()
        return {**config, "axis": self.axis, "reduce": self.reduce}
