"""Squared near zero, absolute beyond."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.errors import InputError
from tfkd.numerics import per_example


def huber(difference, delta=1.0):
    """Returns h of each element of a difference: see `HuberDistance`."""
    size = ops.abs(difference)
    near = ops.minimum(size, delta)
    # Equals both branches: far - delta^2 / 2 where size > delta.
    return near * (size - 0.5 * near)


@keras.saving.register_keras_serializable("tfkd")
class HuberDistance(Distance):
    """Huber's loss per example (smooth L1 for delta = 1).

    Equation:  d(t, s) = mean_i h(t_i - s_i)
               h(u) = u^2 / 2 if |u| <= delta, else delta (|u| - delta / 2)

    Args:
        delta: > 0, where the square ends.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `delta` is not positive.
    """

    def __init__(self, delta=1.0, **kwargs):
        super().__init__(**kwargs)
        if not delta > 0:
            raise InputError(f"delta must be > 0, received {delta!r}.")
        self.delta = delta

    def call(self, teacher, student):
        return per_example(huber(teacher - student, self.delta))

    def get_config(self):
        return {**super().get_config(), "delta": self.delta}
