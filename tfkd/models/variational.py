"""Layers whose weights are normal distributions, and networks of them."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.models.rewrite import MoreVariables
from tfkd.models.rewrite import replace_kinds
from tfkd.models.rewrite import replace_layers
from tfkd.models.rewrite import with_kernels

# Of the approximation of the divergence, Molchanov et al., Eqn 14.
_K1, _K2, _K3 = 0.63576, 1.87320, 1.48695
# Log alphas are kept within; beyond, neither noise nor divergence changes.
_LIMIT = 8.0
_TINY = 1e-8


def divergence(log_alpha):
    """Returns the divergence of each weight's posterior from its prior.

    Equation:  KL(q(w | m, a m^2) || p(w)), p(|w|) ~ 1 / |w|, about
               k1 - k1 sigmoid(k2 + k3 log a) + 1/2 log(1 + 1 / a)
    Paper:     Molchanov, Ashukha & Vetrov, *Variational Dropout Sparsifies
               Deep Neural Networks*, ICML 2017, arXiv:1701.05369, Eqn 14.

    Args:
        log_alpha: log a of each weight.
    """
    return (
        _K1
        - _K1 * ops.sigmoid(_K2 + _K3 * log_alpha)
        + 0.5 * ops.softplus(-log_alpha)
    )


class _Variational(MoreVariables):
    """What both kinds of layer share; `_linear` applies a kernel."""

    further = ("log_variance",)

    def __init__(self, *args, kl_weight=0.0, threshold=3.0, seed=0, **kwargs):
        # float16 has no room for variances of 1e-5.
        super().__init__(*args, **{**kwargs, "dtype": "float32"})
        self.kl_weight = float(kl_weight)
        self.threshold = float(threshold)
        self.seed = int(seed)
        self.seed_generator = keras.random.SeedGenerator(self.seed)

    def build(self, input_shape):
        super().build(input_shape)
        self.log_variance = self.add_weight(
            self.kernel.shape,
            keras.initializers.Constant(-10.0),
            name="log_variance",
        )

    def log_alpha(self):
        """Log a of each weight: variance over squared mean."""
        log_square = ops.log(ops.square(self.kernel) + _TINY)
        return ops.clip(self.log_variance - log_square, -_LIMIT, _LIMIT)

    def kl(self):
        """Sum of the weights' divergences, in nats."""
        return ops.sum(divergence(self.log_alpha()))

    def kept(self):
        """Kernel without the weights that are nearly noise alone."""
        keep = self.log_alpha() < self.threshold
        kernel = ops.convert_to_tensor(self.kernel)
        return ops.where(keep, kernel, ops.zeros_like(kernel))

    def call(self, inputs, training=None):
        self.add_loss(self.kl_weight * self.kl())
        if training:
            outputs = self._sample(inputs)
        else:
            outputs = self._linear(inputs, self.kept())
        if self.use_bias:
            outputs = outputs + self.bias
        if self.activation is not None:
            outputs = self.activation(outputs)
        return outputs

    def _sample(self, inputs):
        # Sampling outputs instead of weights: less noisy gradients.
        mean = self._linear(inputs, self.kernel)
        variance = ops.exp(self.log_alpha()) * ops.square(self.kernel)
        variance = self._linear(ops.square(inputs), variance)
        noise = keras.random.normal(
            ops.shape(mean), dtype="float32", seed=self.seed_generator
        )
        return mean + ops.sqrt(variance + _TINY) * noise

    def get_config(self):
        return {
            **super().get_config(),
            "kl_weight": self.kl_weight,
            "threshold": self.threshold,
            "seed": self.seed,
        }


@keras.saving.register_keras_serializable("tfkd")
class VariationalDense(_Variational, keras.layers.Dense):
    """A dense layer of weights with a sparse variational posterior.

    Equation:  w ~ N(m, s^2), a = s^2 / m^2, log s^2 learned; outputs are
               sampled in training; otherwise w = m where log a < `threshold`,
               else 0. Adds `kl_weight` times the sum of `divergence`s to the
               losses of Keras.
    Paper:     Molchanov, Ashukha & Vetrov, *Variational Dropout Sparsifies
               Deep Neural Networks*, ICML 2017, arXiv:1701.05369; log s^2 =
               -10 at the start, as in the authors' code.

    Args:
        kl_weight: Factor of the divergence; 1 / examples for the bound of
            the paper where the likelihood is a mean.
        threshold: Largest log a of a weight that stays.
        seed: Whole number behind the noise.
        *args: See `keras.layers.Dense`.
        **kwargs: Likewise; it computes in float32 whatever the policy.
    """

    def _linear(self, inputs, kernel):
        return ops.matmul(inputs, kernel)


@keras.saving.register_keras_serializable("tfkd")
class VariationalConv2D(_Variational, keras.layers.Conv2D):
    """A convolution of such weights, see `VariationalDense`."""

    def _linear(self, inputs, kernel):
        return self.convolution_op(inputs, kernel)


_KINDS = {
    keras.layers.Dense: VariationalDense,
    keras.layers.Conv2D: VariationalConv2D,
}


def variational(model, *, kl_weight=0.0, threshold=3.0, seed=0):
    """Returns a network of variational layers that starts as a given one.

    Args:
        model: A functional or built Sequential model, whose `Dense` and
            `Conv2D` layers are replaced.
        kl_weight: See `VariationalDense`.
        threshold: See `VariationalDense`.
        seed: Whole number behind all noise.

    Raises:
        InputError: If the model has no such layer, or a number is negative.
    """
    checks.not_negative(kl_weight=kl_weight)
    replaced = []

    def replace(layer):
        kind = _KINDS.get(type(layer))
        if kind is None:
            return None
        replaced.append(layer.name)
        return kind.from_config(
            {
                **layer.get_config(),
                "kl_weight": kl_weight,
                "threshold": threshold,
                "seed": seed + len(replaced),
            }
        )

    copy = replace_layers(model, replace)
    if not replaced:
        raise InputError(
            f"The model {model.name!r} must have Dense or Conv2D layers to "
            "become variational; it has none."
        )
    return copy


def variational_layers(model):
    """Returns the variational layers of a model, nested ones too."""
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, _Variational)
    ]


def sparsity(model):
    """Returns the share of variational weights that are nearly noise."""
    kept = [np.asarray(layer.kept()) for layer in variational_layers(model)]
    count = sum(kernel.size for kernel in kept)
    return sum(int(np.sum(kernel == 0)) for kernel in kept) / max(count, 1)


def strip(model):
    """Returns a plain network, with zeros for weights that are noise.

    It computes what the variational one computes outside of training, and is
    stored without this package.

    Args:
        model: A functional or built Sequential model.
    """
    kinds = {new: old for old, new in _KINDS.items()}
    plain = replace_kinds(
        model, kinds, without=("kl_weight", "threshold", "seed")
    )

    def kernels(layer):
        return layer.kept() if isinstance(layer, _Variational) else None

    return with_kernels(model, plain, kernels)
