"""Branches' logits, summed as a gate decides."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class GatedEnsemble(Transform):
    """Sum of logits, weighted by a gate on shared features.

    Equation:  g = softmax(relu(BN(W x))) ;  z_e = sum_i g_i z_i
    Symbols:   x (batch, ..., channels) features, averaged over positions;
               z_1, ..., z_m (batch, classes) logits; BN batch normalization.
    Paper:     Lan, Zhu & Gong, *Knowledge Distillation by On-the-Fly Native
               Ensemble*, NeurIPS 2018, arXiv:1806.04606.

    It is called with the list `[x, z_1, ..., z_m]`.

    Raises:
        InputError: If there are fewer than two branches.
    """

    def build(self, input_shape):
        branches = len(input_shape) - 1
        if branches < 2:
            raise InputError(
                "GatedEnsemble needs features and at least two branches' "
                f"logits, received shapes {input_shape}."
            )
        policy = self.dtype_policy
        # The shift of the normalization is the bias.
        self.dense = keras.layers.Dense(branches, use_bias=False, dtype=policy)
        self.normalization = keras.layers.BatchNormalization(dtype=policy)
        self.dense.build((None, input_shape[0][-1]))
        self.normalization.build((None, branches))

    def call(self, inputs, training=False):
        features, *logits = inputs
        if len(features.shape) > 2:
            axes = tuple(range(1, len(features.shape) - 1))
            features = ops.mean(features, axis=axes)
        gate = self.normalization(self.dense(features), training=training)
        return self.combine(gate, logits)

    def combine(self, gate, logits):
        """Returns z_e of what comes before the ReLU, `(batch, branches)`."""
        shares = ops.softmax(ops.relu(gate), axis=-1)
        return ops.einsum("bm,mbc->bc", shares, ops.stack(logits))
