"""Three convolutions from one network's space to another's."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import MatchedTransform
from tfkd.transforms.pooling import average_to

_ACTIVATIONS = ("leaky_relu", "relu")


@keras.saving.register_keras_serializable("tfkd")
class Translator(MatchedTransform):
    """Three convolutions with activations between.

    Equation:  y = f(W3 * f(W2 * f(W1 * F + b1) + b2) + b3), the outer f only
               where `activate_last`
    Symbols:   F (batch, ..., channels); result (batch, ..., `units`);
               f = `activation`, a leaky ReLU with slope 0.1 or a ReLU.
    Paper:     Kim et al., *Paraphrasing Complex Network: Network Compression
               via Factor Transfer*, NeurIPS 2018, arXiv:1802.04977, Sec 3
               (the defaults).

    Args:
        units: Output channels; `None` takes those of the other side.
        kernel_size: Odd width of the kernels; 1 also fits vectors.
        activation: `"leaky_relu"` or `"relu"`.
        activate_last: Whether an activation follows the last convolution.
        use_bias: Whether to add b1, b2, b3.
        hidden: Channels after the first convolution: those of the
            `"input"` or of the `"output"`.

    Raises:
        InputError: If an argument is out of range, or the tap's rank does
            not fit.
    """

    def __init__(
        self,
        units=None,
        kernel_size=3,
        activation="leaky_relu",
        activate_last=True,
        use_bias=True,
        hidden="input",
        **kwargs,
    ):
        super().__init__(**kwargs)
        if activation not in _ACTIVATIONS or hidden not in ("input", "output"):
            raise InputError(
                f"Translator needs an activation of {_ACTIVATIONS} and "
                "hidden 'input' or 'output', received "
                f"activation={activation!r}, hidden={hidden!r}."
            )
        self.units = units
        self.kernel_size = kernel_size
        self.activation = activation
        self.activate_last = activate_last
        self.use_bias = use_bias
        self.hidden = hidden

    def build(self, input_shape):
        rank = len(input_shape)
        wrong_size = self.size is not None and len(self.size) != rank - 2
        if wrong_size or (rank != 4 and self.kernel_size != 1):
            raise InputError(
                "A translator keeps the rank, and kernels wider than 1 need "
                f"maps; received a tap of shape {tuple(input_shape)} for "
                f"positions {self.size} and kernel_size={self.kernel_size}. "
                "Choose convolutional taps on both sides."
            )
        self.check_units()
        channels = input_shape[-1]
        first = channels if self.hidden == "input" else self.units
        window = (self.kernel_size,) * 2 if self.kernel_size > 1 else ()
        self.kernels, self.biases = [], []
        for width in (first, self.units, self.units):
            shape = (*window, channels, width)
            self.kernels.append(self.add_weight(shape, "glorot_uniform"))
            if self.use_bias:
                self.biases.append(self.add_weight((width,), "zeros"))
            channels = width

    def call(self, x):
        if len(x.shape) == 4 and self.size and None not in self.size:
            x = average_to(x, self.size)
        last = len(self.kernels) - 1
        for index, kernel in enumerate(self.kernels):
            if self.kernel_size == 1:
                x = ops.matmul(x, kernel)
            else:
                x = ops.conv(x, kernel, padding="same")
            if self.use_bias:
                x = x + self.biases[index]
            if index < last or self.activate_last:
                x = self._activate(x)
        return x

    def _activate(self, x):
        if self.activation == "relu":
            return ops.relu(x)
        return ops.leaky_relu(x, negative_slope=0.1)

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "kernel_size": self.kernel_size,
            "activation": self.activation,
            "activate_last": self.activate_last,
            "use_bias": self.use_bias,
            "hidden": self.hidden,
        }
