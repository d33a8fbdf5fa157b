"""Like examples, like answers."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import square_distances
from tfkd.numerics import unit_scale


@keras.saving.register_keras_serializable("tfkd")
class GraphSmoothness(KDLoss):
    """Difference of class probabilities between neighbours of a batch.

    Equation:  L_i = sum_j W_ij ||p_i - p_j||^2 / sum_j W_ij,
               W_ij = exp(-||x_i - x_j||^2 / (2 s^2)) where j is one of the
               `neighbors` nearest of i or i of j, else 0; 0 without any
    Symbols:   x (batch, ...) features, without gradient; p = softmax(z) of
               logits z (batch, classes); s^2 the mean of the squared
               distances between neighbours.
    Paper:     Belkin, Niyogi & Sindhwani, *Manifold Regularization*, JMLR
               2006, on a batch, with the sum divided by the degree.

    Args:
        feature_tap: Name of x.
        student_tap: Name of z.
        neighbors: At least 1; those that a batch has count.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `neighbors` is below 1, or the logits are no vectors.
    """

    pairwise = True

    def __init__(
        self,
        *,
        feature_tap,
        student_tap="logits",
        neighbors=5,
        name="smoothness",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        checks.whole(1, neighbors=neighbors)
        self.neighbors = int(neighbors)
        self.student_taps = (feature_tap, student_tap)

    def setup(self, teacher, student):
        shape = tuple(student[self.student_taps[1]].shape)
        if len(shape) != 2:
            raise InputError(
                "Smoothness compares examples by logits (batch, classes), "
                f"received shape {shape}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        features, logits = (student[name] for name in self.student_taps)
        features = ops.cast(ops.stop_gradient(features), logits.dtype)
        weights = self.graph(flatten(features))
        differences = square_distances(ops.softmax(logits, axis=-1))
        degree = ops.sum(weights, axis=-1)
        total = ops.sum(weights * differences, axis=-1)
        return total / ops.where(degree > 0, degree, ops.ones_like(degree))

    def graph(self, x):
        """Returns W of `(batch, features)`, shape `(batch, batch)`."""
        distances = square_distances(unit_scale(x))
        count = ops.shape(distances)[0]
        own = ops.eye(count, dtype=distances.dtype) > 0
        # Further away than any other example.
        far = ops.where(own, 2.0 * ops.max(distances) + 1.0, distances)
        last = ops.maximum(ops.minimum(self.neighbors, count - 1) - 1, 0)
        furthest = ops.take(ops.sort(far, axis=-1), last, axis=1)[:, None]
        near = ops.logical_and(far <= furthest, ops.logical_not(own))
        near = ops.logical_or(near, ops.transpose(near))
        kept = ops.cast(near, distances.dtype)
        edges = ops.maximum(ops.sum(kept), 1.0)
        scale = ops.sum(kept * distances) / edges
        scale = ops.where(scale > 0, scale, ops.ones_like(scale))
        return kept * ops.exp(-distances / (2.0 * scale))

    def get_config(self):
        return {
            **super().get_config(),
            "feature_tap": self.student_taps[0],
            "student_tap": self.student_taps[1],
            "neighbors": self.neighbors,
        }
