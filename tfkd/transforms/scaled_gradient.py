"""A tensor whose gradient is scaled on its way back."""

import keras
from keras import ops

from tfkd import checks
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
        checks.not_negative(factor=factor)
        self.factor = float(factor)

    def call(self, x):
        scaled = self.factor * x
        return scaled + ops.stop_gradient(x - scaled)

    def get_config(self):
        return {**super().get_config(), "factor": self.factor}
