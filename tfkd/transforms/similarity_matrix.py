"""Which examples of a batch activate a layer alike."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.numerics import unit_scale
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class SimilarityMatrix(Transform):
    """Inner products of the batch's examples, each row of unit norm.

    Equation:  G = Q Q^T;  row i of the result is G_i / ||G_i||_p
    Symbols:   Q (batch, features) the tap, flattened; p = `norm`; result
               (batch, batch). Rows of zeros stay zeros.
    Paper:     Tung & Mori, *Similarity-Preserving Knowledge Distillation*,
               ICCV 2019, arXiv:1907.09682, Eqns 1-2 (p = 2).

    Args:
        norm: p, 1 or 2.

    Raises:
        InputError: If `norm` is another number.
    """

    pairwise = True

    def __init__(self, norm=2, **kwargs):
        super().__init__(**kwargs)
        if norm not in (1, 2):
            raise InputError(f"norm must be 1 or 2, received {norm!r}.")
        self.norm = norm

    def call(self, x):
        x = unit_scale(flatten(x))
        products = ops.matmul(x, ops.transpose(x))
        if self.norm == 2:
            return l2_normalize(products)
        size = ops.sum(ops.abs(products), axis=-1, keepdims=True)
        return products / ops.where(size > 0, size, ops.ones_like(size))

    def get_config(self):
        return {**super().get_config(), "norm": self.norm}
