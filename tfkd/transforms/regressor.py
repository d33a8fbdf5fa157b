"""A trainable map from the student's space to the teacher's."""

import keras

from tfkd.errors import InputError
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class Regressor(Transform):
    """1x1 convolution (maps) or dense layer (vectors) to the target's width.

    Equation:  r(F) = W F + b at every position
    Symbols:   F (batch, ..., channels); result (batch, ..., `units`).
    Paper:     Romero et al., *FitNets: Hints for Thin Deep Nets*, ICLR 2015,
               arXiv:1412.6550, Sec 2.2 (there over the spatial extent that
               makes sizes agree; here maps are averaged to the target's size).

    Args:
        units: Output channels; `None` takes those of the other side.
        use_bias: Whether to add b.

    Raises:
        InputError: If the two maps differ in rank.
    """

    def __init__(self, units=None, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.use_bias = use_bias
        self.size = None

    def match(self, target_shape):
        self.units = self.units or target_shape[-1]
        self.size = tuple(target_shape[1:-1])

    def build(self, input_shape):
        if self.units is None:
            raise InputError(
                "Regressor does not know its output width: give `units`, or "
                "use it inside FeatureMatch, which tells it."
            )
        if self.size and len(self.size) != len(input_shape) - 2:
            raise InputError(
                "A regressor keeps the rank, received a tap of shape "
                f"{tuple(input_shape)} for positions {self.size}. Choose "
                "taps of the same rank, or pool one of them first."
            )
        self.kernel = self.add_weight(
            (input_shape[-1], self.units), "glorot_uniform", name="kernel"
        )
        if self.use_bias:
            self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def call(self, x):
        if len(x.shape) == 4 and self.size and None not in self.size:
            x = average_to(x, self.size)
        y = keras.ops.matmul(x, self.kernel)
        return y + self.bias if self.use_bias else y

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
        }
