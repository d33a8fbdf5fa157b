"""A ReLU that keeps the expected negative response of each channel."""

import math

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform

# Below this chance of a negative response the authors use -3 deviations.
_RARE = 0.001


def expected_negative(mean, deviation):
    """Expected value of the negative responses of Gaussian channels.

    Equation:  m = E[x | x < 0], x ~ N(mu, sigma^2)
                 = mu - sigma phi(mu / sigma) / Phi(-mu / sigma);
               -3 sigma where x < 0 is rarer than 0.1 %
    Symbols:   mu = `mean`, the beta of a batch normalization; sigma =
               `deviation`, its |gamma|; phi, Phi density and distribution
               function of the standard normal.
    Paper:     Heo et al., arXiv:1904.01866, Sec 3; -3 sigma from the
               authors' released code.

    Args:
        mean: mu, `(channels,)`.
        deviation: sigma >= 0, `(channels,)`.

    Returns:
        Margins, at most 0, `(channels,)` in float64.
    """
    pairs = zip(np.asarray(mean, "float64"), np.asarray(deviation, "float64"))
    return np.array([_expected_negative(mu, sigma) for mu, sigma in pairs])


def _expected_negative(mu, sigma):
    if sigma == 0.0:
        return min(mu, 0.0)
    ratio = mu / sigma
    chance = 0.5 * math.erfc(ratio / math.sqrt(2.0))
    if chance <= _RARE:
        return -3.0 * sigma
    density = math.exp(-0.5 * ratio * ratio) / math.sqrt(2.0 * math.pi)
    # The difference cancels where nearly all responses are negative.
    return min(mu - sigma * density / chance, 0.0)


@keras.saving.register_keras_serializable("tfkd")
class MarginReLU(Transform):
    """Cuts each channel at its own negative margin.

    Equation:  y_c = max(F_c, m_c)
    Symbols:   F (batch, ..., channels) pre-activations; m = `margin` <= 0.
    Paper:     Heo et al., *A Comprehensive Overhaul of Feature
               Distillation*, ICCV 2019, arXiv:1904.01866, Sec 3.

    Args:
        margin: m, one number a channel (see `expected_negative`), or
            `"batch"`: the mean of the negative responses in the batch.

    Raises:
        InputError: If there are not as many margins as channels, one is
            positive, or it is another word.
    """

    def __init__(self, margin="batch", **kwargs):
        super().__init__(**kwargs)
        if isinstance(margin, str):
            if margin != "batch":
                raise InputError(
                    "margin must be 'batch' or one number a channel, "
                    f"received {margin!r}."
                )
        else:
            if not np.ndim(margin):
                raise InputError(
                    "margin must be 'batch' or one number a channel, "
                    f"received the one number {margin!r}."
                )
            margin = [float(value) for value in margin]
            if not all(value <= 0 for value in margin):
                raise InputError(
                    f"Margins must be at most 0, received {margin}."
                )
        self.margin = margin

    def build(self, input_shape):
        if self.margin != "batch" and len(self.margin) != input_shape[-1]:
            raise InputError(
                f"A margin ReLU over a tap {tuple(input_shape)} needs "
                f"{input_shape[-1]} margins, received {len(self.margin)}. "
                "Read them from the batch normalization just before that tap."
            )

    def call(self, x):
        if self.margin == "batch":
            return ops.maximum(x, mean_negative(x))
        return ops.maximum(x, ops.convert_to_tensor(self.margin, x.dtype))

    def get_config(self):
        margin = self.margin if self.margin == "batch" else list(self.margin)
        return {**super().get_config(), "margin": margin}


def mean_negative(x):
    """Mean of each channel's negative elements, `(channels,)`."""
    axes = tuple(range(len(x.shape) - 1))
    count = ops.sum(ops.cast(x < 0, x.dtype), axis=axes)
    return ops.sum(ops.minimum(x, 0.0), axis=axes) / (count + 1e-6)
