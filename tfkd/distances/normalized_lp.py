"""Lp distance between tensors of length one."""

import keras

from tfkd.distances.lp import LpDistance
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize


@keras.saving.register_keras_serializable("tfkd")
class NormalizedLp(LpDistance):
    """`LpDistance` after division of each whole tensor by its length.

    Equation:  d(t, s) = sum_i |t_i / ||t||_2 - s_i / ||s||_2|^p, divided by
               the number of features if `reduce="mean"`; its 1/p-th power if
               `root`.
    Symbols:   t, s (batch, ...) tensors of one shape, flattened; a tensor of
               zeros stays zero.

    Args:
        **kwargs: See `LpDistance`.
    """

    def call(self, teacher, student):
        return super().call(
            *(l2_normalize(flatten(x)) for x in (teacher, student))
        )
