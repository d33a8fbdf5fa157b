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
    """Euclidean distances between examples, or relative to the batch's own.

    Equation:  d_ij = ||x_i - x_j||_2, or its square;  result d_ij / m
               normalize "mean":  m = mean of the d_ij > 0
               normalize "max":   m = max of the d_ij
               normalize None:    m = 1
    Symbols:   x (batch, features) the tap, flattened; result (batch, batch).
               Gradients flow through m; examples that are equal (a batch of
               one, too) are at distance 0 and have no gradient.

    Args:
        squared: Whether d is the square.
        normalize: `"mean"`, `"max"` or `None`.

    Raises:
        InputError: If `normalize` is unknown, or a model is built for
            batches of one.
    """

    pairwise = True

    def __init__(self, squared=False, normalize="mean", **kwargs):
        super().__init__(**kwargs)
        if normalize not in ("mean", "max", None):
            raise InputError(
                "normalize must be 'mean', 'max' or None, received "
                f"{normalize!r}."
            )
        self.squared = squared
        self.normalize = normalize

    def build(self, input_shape):
        check_pairs(input_shape)

    def call(self, x):
        x = flatten(x)
        # Ratios do not depend on the scale, distances do.
        x = x if self.normalize is None else unit_scale(x)
        distances = square_distances(x)
        if not self.squared:
            distances = safe_sqrt(distances)
        if self.normalize is None:
            return distances
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
