"""Squared differences of maps, where they are known."""

import keras
from keras import ops

from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class KnownMaps(keras.losses.Loss):
    """Mean squared difference of heat maps, of those that are known.

    Equation:  L = sum_j k_j mean_p (H_s - H)_pj^2 / J ,
               k_j = 1[max_p H_pj > 0]
    Symbols:   H (batch, height, width, J) labels, of which a map that is
               nowhere above 0 is not known; H_s predicted maps; p positions.

    A loss to compile, or that of a `tfkd.losses.LabelLoss`.

    Args:
        name: Name of the loss.
        **kwargs: See `keras.losses.Loss`.
    """

    def __init__(self, name="known_maps", **kwargs):
        super().__init__(name=name, **{"dtype": "float32", **kwargs})

    def call(self, y_true, y_pred):
        truth = ops.cast(y_true, y_pred.dtype)
        known = ops.any(truth > 0, axis=(1, 2), keepdims=True)
        square = ops.square(y_pred - truth)
        return per_example(ops.where(known, square, ops.zeros_like(square)))
