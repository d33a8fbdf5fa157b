"""Where a feature map is active: the transform of attention transfer."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class AttentionMap(Transform):
    """Normalized spatial map of activation: channels are summed away.

    Equation:  Q(F) = vec(sum_c |F_c|^p) / ||vec(sum_c |F_c|^p)||_2
    Symbols:   F (batch, height, width, channels); p = `power`;
               result (batch, height * width), unit norm.
    Paper:     Zagoruyko & Komodakis, *Paying More Attention to Attention*,
               ICLR 2017, arXiv:1612.03928, Sec 3.1.

    Args:
        power: p >= 1.
        size: Optional `(height, width)` to average maps down to first, where
            teacher and student differ in size.

    Raises:
        InputError: If `power` < 1, or the tap is not 4-D.
    """

    def __init__(self, power=2, size=None, **kwargs):
        super().__init__(**kwargs)
        if not power >= 1:
            raise InputError(f"power must be >= 1, received {power!r}.")
        self.power = power
        self.size = None if size is None else tuple(size)

    def build(self, input_shape):
        if len(input_shape) != 4:
            raise InputError(
                "An attention map needs a tap of shape (batch, height, "
                f"width, channels), received {tuple(input_shape)}. Choose a "
                "convolutional tap."
            )

    def call(self, x):
        if self.size is not None:
            x = average_to(x, self.size)
        x = ops.abs(x)
        # Scaling by the largest magnitude keeps x^p inside float32; the
        # norm divides it out again.
        axes = (1, 2, 3)
        largest = ops.stop_gradient(ops.max(x, axis=axes, keepdims=True))
        x = x / ops.where(largest > 0, largest, ops.ones_like(largest))
        power = ops.square(x) if self.power == 2 else x**self.power
        return l2_normalize(flatten(ops.sum(power, axis=-1)))

    def get_config(self):
        return {
            **super().get_config(),
            "power": self.power,
            "size": self.size,
        }
