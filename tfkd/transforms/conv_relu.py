"""One convolution and a ReLU from one network's space to another's."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import MatchedTransform
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class ConvReLU(MatchedTransform):
    """A convolution of stride 1 and a ReLU.

    Equation:  y = relu(W * F + b)
    Symbols:   F (batch, height, width, channels); result of the other side's
               height and width, and `units` channels.

    Args:
        units: Output channels; `None` takes those of the other side.
        kernel_size: Width of the kernel.
        **kwargs: See `Transform`.

    Raises:
        InputError: If a tap is no map.
    """

    def __init__(self, units=None, kernel_size=3, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.kernel_size = kernel_size

    def build(self, input_shape):
        flat = self.size is not None and len(self.size) != 2
        if len(input_shape) != 4 or flat:
            raise InputError(
                "ConvReLU needs maps (batch, height, width, channels) on "
                f"both sides, received a tap of shape {tuple(input_shape)} "
                f"and positions {self.size} of the other side. Choose "
                "convolutional taps: see tfkd.taps.summary(model)."
            )
        self.check_units()
        shape = (self.kernel_size, self.kernel_size, input_shape[-1])
        self.kernel = self.add_weight(
            (*shape, self.units), "he_normal", name="kernel"
        )
        self.bias = self.add_weight((self.units,), "zeros", name="bias")

    def call(self, x):
        if self.size and None not in self.size:
            x = average_to(x, self.size)
        return ops.relu(ops.conv(x, self.kernel, padding="same") + self.bias)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_size": self.kernel_size,
        }
