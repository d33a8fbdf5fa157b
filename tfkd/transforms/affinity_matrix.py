"""Similarities of a batch as probabilities of being neighbours."""

import keras
from keras import ops

from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class AffinityMatrix(Transform):
    """Conditional probability of each example given each other one.

    Equation:  p_ij = K_ij / sum_k K_ik,  K_ij = (cos(x_i, x_j) + 1) / 2
    Symbols:   x (batch, features) the tap, flattened; result (batch, batch),
               rows sum to 1.
    Paper:     Passalis & Tefas, *Learning Deep Representations with
               Probabilistic Knowledge Transfer*, ECCV 2018,
               arXiv:1803.10837, Sec 3; there K_ii = 0.

    Args:
        diagonal: Whether K_ii counts; 0 otherwise.
    """

    pairwise = True

    def __init__(self, diagonal=False, **kwargs):
        super().__init__(**kwargs)
        self.diagonal = diagonal

    def call(self, x):
        x = l2_normalize(flatten(x))
        # Rounding can take a cosine just below -1.
        kernel = ops.maximum(ops.matmul(x, ops.transpose(x)) + 1.0, 0.0) / 2.0
        if not self.diagonal:
            count = ops.shape(x)[0]
            kernel = kernel * (1.0 - ops.eye(count, dtype=kernel.dtype))
        total = ops.sum(kernel, axis=-1, keepdims=True)
        return kernel / ops.where(total > 0, total, ops.ones_like(total))

    def get_config(self):
        return {**super().get_config(), "diagonal": self.diagonal}
