"""Dropout whose masks stay while images are made."""

import keras
import tensorflow as tf

from tfkd.untracked import Untracked

_SPATIAL = (
    keras.layers.SpatialDropout1D,
    keras.layers.SpatialDropout2D,
    keras.layers.SpatialDropout3D,
)


class FixedDropout:
    """Puts masks that a seed decides in place of dropout layers.

    Equation:  y = x m / (1 - p),  m_i ~ Bernoulli(1 - p) of seed and layer
    Symbols:   x what a dropout layer receives; p its rate.
    Paper:     Lopes, Fenu & Starner, *Data-Free Knowledge Distillation for
               Deep Neural Networks*, arXiv:1710.07535. The authors' code
               multiplies by m and has a factor 1 - p without masks; Keras
               trains with 1 / (1 - p), and has none.

    Attributes:
        count: Dropout layers that were met.
        seed: Of the masks, a whole number. It is read when a function is
            traced: trace anew to change it.
    """

    def __init__(self, seed=0):
        self.count = 0
        self.seed = seed

    def rewrite(self, name, layer, args, outputs):
        """Returns what stands for a layer's outputs, see `TapGraph`."""
        if not isinstance(layer, keras.layers.Dropout):
            return outputs
        self.count += 1
        mask = _Masked(layer, self, self.count, dtype=args[0].dtype)
        return mask(args[0])


class _Masked(keras.layers.Layer):
    """A dropout layer of one mask, in training and in inference."""

    def __init__(self, dropout, owner, number, **kwargs):
        super().__init__(**kwargs)
        self._read = Untracked(dropout=dropout, owner=owner, number=number)
        self.built = True

    def call(self, x):
        dropout = self._read.dropout
        sizes, noise = tf.shape(x), _noise(dropout, x)
        draw = tf.random.stateless_uniform(
            [sizes[i] if n is None else n for i, n in enumerate(noise)],
            [self._read.owner.seed, self._read.number],
        )
        kept = tf.cast(draw >= dropout.rate, x.dtype)
        return tf.math.divide_no_nan(x * kept, 1.0 - dropout.rate)

    def compute_output_spec(self, x):
        return keras.KerasTensor(x.shape, x.dtype)


def _noise(dropout, x):
    """Sizes of a layer's mask, `None` for those of the tensor."""
    rank = len(x.shape)
    if isinstance(dropout, _SPATIAL):
        return [None, *[1] * (rank - 2), None]
    return dropout.noise_shape or [None] * rank
