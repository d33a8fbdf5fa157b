"""Layers that compute with weights of few bits, and networks of them."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.models.rewrite import MoreVariables
from tfkd.models.rewrite import check_names
from tfkd.models.rewrite import replace_kinds
from tfkd.models.rewrite import replace_layers
from tfkd.models.rewrite import with_kernels

_TINY = 1e-12


def ternary(weights):
    """Returns weights of three values: minus a scale, zero, and the scale.

    Equation:  D = 0.7 mean |w|;  s = mean of |w| where |w| > D;
               q = s sign(w) where |w| > D, else 0
    Paper:     Li & Liu, *Ternary Weight Networks*, arXiv:1605.04711, Sec 2.3.

    Args:
        weights: Tensor of any shape.
    """
    size = ops.abs(weights)
    large = ops.cast(size > 0.7 * ops.mean(size), size.dtype)
    scale = ops.sum(size * large) / ops.maximum(ops.sum(large), 1.0)
    return scale * ops.sign(weights) * large


def binary(weights):
    """Returns weights of two values in each filter: minus a scale, the scale.

    Equation:  q = s sign(w), sign(0) = 1;  s = mean |w| of the filter
    Paper:     Rastegari et al., *XNOR-Net*, ECCV 2016, arXiv:1603.05279,
               Sec 3.1.

    Args:
        weights: Tensor whose last axis counts filters.
    """
    size = ops.abs(weights)
    axes = tuple(range(len(weights.shape) - 1))
    scale = ops.mean(size, axis=axes, keepdims=True)
    return ops.where(weights >= 0, scale, -scale)


def uniform(weights, bits):
    """Returns weights rounded to 2^`bits` - 1 equally spaced values.

    Equation:  n = 2^(bits - 1) - 1;  s = max |w| / n;  q = s round(w / s)

    Args:
        weights: Tensor of any shape.
        bits: At least 2.
    """
    levels = 2.0 ** (bits - 1) - 1
    scale = ops.max(ops.abs(weights)) / levels
    scale = ops.where(scale > 0, scale, ops.ones_like(scale))
    return scale * ops.round(weights / scale)


_NAMED = {"binary": binary, "ternary": ternary}


def quantize(weights, kind):
    """Returns weights of few values, with the gradient of the weights.

    The gradient passes straight through the rounding.

    Args:
        weights: Tensor of any shape.
        kind: `"binary"`, `"ternary"` or a number of bits.
    """
    if kind in _NAMED:
        rounded = _NAMED[kind](weights)
    else:
        rounded = uniform(weights, kind)
    return weights + ops.stop_gradient(rounded - weights)


class _Quantized(MoreVariables):
    """What both kinds of layer share; `_apply` is the plain layer."""

    def __init__(self, *args, weights="ternary", activations=None, **kwargs):
        # Rounding steps of float16 are too coarse for 8 bits of a sum.
        super().__init__(*args, **{**kwargs, "dtype": "float32"})
        _check(weights, activations)
        self.weight_kind = weights
        self.activation_bits = activations
        self.further = () if activations is None else ("low", "high")

    def build(self, input_shape):
        super().build(input_shape)
        for name in self.further:
            weight = self.add_weight((), "zeros", trainable=False, name=name)
            setattr(self, name, weight)

    def rounded_kernel(self):
        """Kernel that the layer computes with."""
        return quantize(self.kernel, self.weight_kind)

    def call(self, inputs, training=None):
        if self.activation_bits is not None:
            inputs = self._rounded(inputs, training)
        return self._apply(inputs)

    def _rounded(self, x, training):
        """Inputs of few values between the extremes seen in training."""
        if training:
            self.low.assign(ops.minimum(self.low, ops.min(x)))
            self.high.assign(ops.maximum(self.high, ops.max(x)))
        low = ops.convert_to_tensor(self.low)
        high = ops.convert_to_tensor(self.high)
        scale = ops.maximum(high - low, _TINY) / (2.0**self.activation_bits - 1)
        clipped = ops.clip(x, low, high)
        # Multiples of the scale, so that zero stays zero.
        rounded = scale * ops.round(clipped / scale)
        straight = clipped + ops.stop_gradient(rounded - clipped)
        return ops.where(high > low, straight, x)

    def get_config(self):
        return {
            **super().get_config(),
            "weights": self.weight_kind,
            "activations": self.activation_bits,
        }


@keras.saving.register_keras_serializable("tfkd")
class QuantizedDense(_Quantized, keras.layers.Dense):
    """A dense layer that computes with weights of few values.

    The full weights are kept and trained; the gradient passes straight
    through the rounding. The bias stays as it is.

    Args:
        weights: `"binary"`, `"ternary"`, or the number of bits, 2 to 8.
        activations: Bits of the inputs, 2 to 8; `None` leaves them alone.
        *args: See `keras.layers.Dense`.
        **kwargs: Likewise; it computes in float32 whatever the policy.
    """

    def _apply(self, inputs):
        outputs = ops.matmul(inputs, self.rounded_kernel())
        if self.use_bias:
            outputs = outputs + self.bias
        if self.activation is not None:
            outputs = self.activation(outputs)
        return outputs


@keras.saving.register_keras_serializable("tfkd")
class QuantizedConv2D(_Quantized, keras.layers.Conv2D):
    """A convolution of such weights, see `QuantizedDense`."""

    def _apply(self, inputs):
        return keras.layers.Conv2D.call(self, inputs)

    def convolution_op(self, inputs, kernel):
        return super().convolution_op(
            inputs, quantize(kernel, self.weight_kind)
        )


_KINDS = {
    keras.layers.Dense: QuantizedDense,
    keras.layers.Conv2D: QuantizedConv2D,
}


def quantized(model, *, weights="ternary", activations=8, keep=None):
    """Returns a network of quantized layers with the weights of a given one.

    Args:
        model: A functional or built Sequential model, whose `Dense` and
            `Conv2D` layers are replaced.
        weights: See `QuantizedDense`.
        activations: See `QuantizedDense`.
        keep: Names of layers that stay; the first and the last of these
            layers if absent.

    Raises:
        InputError: If no layer is replaced, or an argument is out of range.
    """
    _check(weights, activations)
    names = [
        layer.name
        for layer in model._flatten_layers(include_self=False)
        if type(layer) in _KINDS
    ]
    keep = {*names[:1], *names[-1:]} if keep is None else set(keep)
    check_names(model, sorted(keep))
    if not set(names) - keep:
        raise InputError(
            f"The model {model.name!r} must have Dense or Conv2D layers to "
            f"quantize, besides those that stay; it has {names}, and "
            f"{sorted(keep)} stay. Pass keep=()."
        )

    def replace(layer):
        if type(layer) not in _KINDS or layer.name in keep:
            return None
        settings = {"weights": weights, "activations": activations}
        kind = _KINDS[type(layer)]
        return kind.from_config({**layer.get_config(), **settings})

    return replace_layers(model, replace)


def quantized_layers(model):
    """Returns the quantized layers of a model, nested ones too."""
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, _Quantized)
    ]


def strip(model):
    """Returns a plain network that has the rounded weights.

    It is stored without this package, and ready for an integer converter;
    inputs of its layers are no longer rounded.

    Args:
        model: A functional or built Sequential model.
    """
    kinds = {new: old for old, new in _KINDS.items()}
    plain = replace_kinds(model, kinds, without=("weights", "activations"))

    def kernels(layer):
        return layer.rounded_kernel() if isinstance(layer, _Quantized) else None

    return with_kernels(model, plain, kernels)


def _check(weights, activations):
    def bits(value):
        return isinstance(value, int) and 2 <= value <= 8

    if not (weights in tuple(_NAMED) or bits(weights)):
        raise InputError(
            "weights must be 'ternary', 'binary' or a number of bits, 2 to "
            f"8, received {weights!r}."
        )
    if not (activations is None or bits(activations)):
        raise InputError(
            "activations must be a number of bits, 2 to 8, or None, received "
            f"{activations!r}."
        )
