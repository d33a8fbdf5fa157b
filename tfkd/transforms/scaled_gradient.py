"""A tensor whose gradient is scaled on its way back."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class ScaledGradient(Transform):
    """Returns its input; its gradient is multiplied by a factor.

    Equation:  y = x ,  dL/dx = s dL/dy
    Symbols:   s = `factor`.

    Args:
        factor: s >= 0, finite.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `factor` is out of range.
    """

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= factor < float("inf"):
            raise InputError(
                "The factor of a gradient must be a finite number >= 0, "
                f"received {factor!r}."
            )
        self.factor = float(factor)

    def call(self, x):
        scaled = self.factor * x
        return scaled + ops.stop_gradient(x - scaled)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
