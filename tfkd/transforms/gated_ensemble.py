"""Branches' logits, summed as a gate decides."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class GatedEnsemble(Transform):
    """Sum of logits, weighted by a gate on shared features.

    Equation:  g = softmax(relu(BN(W x))) ;  z_e = sum_i g_i z_i
               or, with `normalize_first`, g = softmax(W BN(x) + b)
    Symbols:   x (batch, ..., channels) features, averaged over positions;
               z_1, ..., z_m (batch, classes) logits; BN batch normalization.
    Paper:     Lan, Zhu & Gong, *Knowledge Distillation by On-the-Fly Native
               Ensemble*, NeurIPS 2018, arXiv:1806.04606; the other order
               is that of Lin et al., *MOD*, arXiv:1910.12295.

    It is called with the list `[x, z_1, ..., z_m]`.

    Args:
        normalize_first: Whether features are normalized instead of what the
            gate makes of them, and no ReLU follows.
        **kwargs: See `Transform`.

    Raises:
        InputError: If there are fewer than two branches.
    """

    def __init__(self, *, normalize_first=False, **kwargs):
        super().__init__(**kwargs)
        self.normalize_first = bool(normalize_first)

    def build(self, input_shape):
        branches = len(input_shape) - 1
        if branches < 2:
            raise InputError(
                "GatedEnsemble needs features and at least two branches' "
                f"logits, received shapes {input_shape}."
            )
        policy = self.dtype_policy
        # The shift of a normalization that follows is the bias.
        self.dense = keras.layers.Dense(
            branches, use_bias=self.normalize_first, dtype=policy
        )
        self.normalization = keras.layers.BatchNormalization(dtype=policy)
        channels = input_shape[0][-1]
        self.dense.build((None, channels))
        self.normalization.build(
            (None, channels if self.normalize_first else branches)
        )

    def call(self, inputs, training=False):
        features, *logits = inputs
        if len(features.shape) > 2:
            axes = tuple(range(1, len(features.shape) - 1))
            features = ops.mean(features, axis=axes)
        if self.normalize_first:
            features = self.normalization(features, training=training)
            return self.combine(self.dense(features), logits)
        gate = self.normalization(self.dense(features), training=training)
        return self.combine(gate, logits)

    def combine(self, gate, logits):
        """Returns z_e of a gate before any ReLU, `(batch, branches)`."""
        gate = gate if self.normalize_first else ops.relu(gate)
        shares = ops.softmax(gate, axis=-1)
        return ops.einsum("bm,mbc->bc", shares, ops.stack(logits))

    def get_config(self):
        return {
            **super().get_config(),
            "normalize_first": self.normalize_first,
        }
