"""Maps of any size and width as one row of positions."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import flatten
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class PooledMap(Transform):
    """Adaptive pooling: a map becomes a given number of positions.

    Equation:  P(F) = vec(pool(mean_c F_c))
    Symbols:   F (batch, height, width, channels); pool averages, or repeats,
               to `size`; result (batch, positions).
    Paper:     Shen, He & Xue, *MEAL: Multi-Model Ensemble via Adversarial
               Learning*, AAAI 2019, arXiv:1812.02425; the mean over channels
               is that of the authors' released code.

    Args:
        size: `(height, width)`.
        **kwargs: See `Transform`.

    Raises:
        InputError: If the size has no positions, or the tap is no map.
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.size = tuple(int(n) for n in size)
        if len(self.size) != 2 or min(self.size) < 1:
            raise InputError(
                "The size of a pooled map must be (height, width), each at "
                f"least 1, received {size!r}."
            )

    def build(self, input_shape):
        if len(input_shape) != 4 or None in tuple(input_shape)[1:]:
            raise InputError(
                "A pooled map needs a tap (batch, height, width, channels) of "
                f"known size, received {tuple(input_shape)}. Choose a "
                "convolutional tap: see tfkd.taps.summary(model)."
            )

    def call(self, x):
        return flatten(average_to(ops.mean(x, axis=-1)[..., None], self.size))

    def compute_output_shape(self, input_shape):
        return (input_shape[0], self.size[0] * self.size[1])

    def get_config(self):
        return {**super().get_config(), "size": self.size}
