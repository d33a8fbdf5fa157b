"""How far apart the examples of a batch are."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import flatten
from tfkd.numerics import safe_sqrt
from tfkd.numerics import square_distances
from tfkd.numerics import unit_scale
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class PairDistances(Transform):
    """Euclidean distances between examples, relative to the batch's own.

    Equation:  d_ij = ||x_i - x_j||_2, or its square;  result d_ij / m
               normalize "mean":  m = mean of the d_ij > 0
               normalize "max":   m = max of the d_ij
    Symbols:   x (batch, features) the tap, flattened; result (batch, batch).
               Gradients flow through m; examples that are equal (a batch of
               one, too) are at distance 0 and have no gradient.

    Args:
        squared: Whether d is the square.
        normalize: `"mean"` or `"max"`.

    Raises:
        InputError: If `normalize` is unknown, or a model is built for
            batches of one.
    """

    def __init__(self, squared=False, normalize="mean", **kwargs):
        super().__init__(**kwargs)
        if normalize not in ("mean", "max"):
            raise InputError(
                f"normalize must be 'mean' or 'max', received {normalize!r}."
            )
        self.squared = squared
        self.normalize = normalize

    def build(self, input_shape):
        check_pairs(input_shape)

    def call(self, x):
        distances = square_distances(unit_scale(flatten(x)))
        if not self.squared:
            distances = safe_sqrt(distances)
        if self.normalize == "max":
            size = ops.max(distances)
        else:
            count = ops.sum(ops.cast(distances > 0, distances.dtype))
            size = ops.sum(distances) / ops.maximum(count, 1.0)
        return distances / ops.where(size > 0, size, ops.ones_like(size))

    def get_config(self):
        return {
            **super().get_config(),
            "squared": self.squared,
            "normalize": self.normalize,
        }


def check_pairs(shape):
    """Raises an `InputError` if batches are known to hold one example."""
    if shape[0] == 1:
        raise InputError(
            "Relations between examples need batches of two or more, "
            f"received a tap of shape {tuple(shape)}. Build the model "
            "without a batch size."
        )
