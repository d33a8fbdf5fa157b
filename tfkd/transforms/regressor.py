"""A trainable map from the student's space to the teacher's."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Identity
from tfkd.transforms.base import MatchedTransform
from tfkd.transforms.pooling import average_to


@keras.saving.register_keras_serializable("tfkd")
class Regressor(MatchedTransform):
    """1x1 convolution (maps) or dense layer (vectors) to the target's width.

    Equation:  r(F) = W F + b at every position
    Symbols:   F (batch, ..., channels); result (batch, ..., `units`).
    Paper:     Romero et al., *FitNets: Hints for Thin Deep Nets*, ICLR 2015,
               arXiv:1412.6550, Sec 2.2 (there over the spatial extent that
               makes sizes agree; here maps are averaged to the target's size).

    Args:
        units: Output channels; `None` takes those of the other side.
        use_bias: Whether to add b.
        normalize: Whether batch normalization follows, always with the
            batch's own statistics: a regressor is used in training only.

    Raises:
        InputError: If the two maps differ in rank.
    """

    def __init__(self, units=None, use_bias=True, normalize=False, **kwargs):
        super().__init__(**kwargs)
        self.units = units
        self.use_bias = use_bias
        self.normalize = normalize

    def build(self, input_shape):
        self.check_units()
        wrong = self.size is not None and (
            len(self.size) != len(input_shape) - 2
        )
        if wrong:
            wanted = f"positions {self.size}" if self.size else "a vector"
            raise InputError(
                "A regressor keeps the rank, received a tap of shape "
                f"{tuple(input_shape)} for {wanted}. Choose "
                "taps of the same rank, or pool one of them first."
            )
        self.kernel = self.add_weight(
            (input_shape[-1], self.units), "glorot_uniform", name="kernel"
        )
        if self.use_bias:
            self.bias = self.add_weight((self.units,), "zeros", name="bias")
        if self.normalize:
            self.gamma = self.add_weight((self.units,), "ones", name="gamma")
            self.beta = self.add_weight((self.units,), "zeros", name="beta")

    def call(self, x):
        if len(x.shape) == 4 and self.size and None not in self.size:
            x = average_to(x, self.size)
        y = ops.matmul(x, self.kernel)
        if self.use_bias:
            y = y + self.bias
        if self.normalize:
            y = self.gamma * _standardize(y) + self.beta
        return y

    def get_config(self):
        return {
            **super().get_config(),
            "units": self.units,
            "use_bias": self.use_bias,
            "normalize": self.normalize,
        }


def _standardize(x, epsilon=1e-5):
    """Zero mean and unit variance of each channel over the batch."""
    axes = tuple(range(len(x.shape) - 1))
    centred = x - ops.mean(x, axis=axes, keepdims=True)
    variance = ops.mean(ops.square(centred), axis=axes, keepdims=True)
    return centred / ops.sqrt(variance + epsilon)


def fitting(target_shape, shape, *, always=False, **arguments):
    """Returns what gives a tap the shape of another, built.

    Args:
        target_shape: Of the other tap, `(batch, ...)`.
        shape: Of the tap.
        always: Whether taps whose shapes agree get a regressor, too.
        **arguments: Of the `Regressor`.

    Returns:
        `Identity` where the shapes agree, else a `Regressor`.

    Raises:
        InputError: If the two differ in rank.
    """
    if len(target_shape) != len(shape):
        raise InputError(
            "A regressor keeps the rank, received a tap of shape "
            f"{tuple(shape)} for one of shape {tuple(target_shape)}. Choose "
            "taps of the same rank."
        )
    if tuple(target_shape[1:]) == tuple(shape[1:]) and not always:
        result = Identity(dtype=arguments.get("dtype", "float32"))
    else:
        result = Regressor(**arguments)
        result.match(target_shape)
    result.build(shape)
    return result
