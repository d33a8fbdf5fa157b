"""Distance between the graphs that two layers draw over a batch."""

import keras
from keras import ops

from tfkd import checks
from tfkd.distances.base import Distance
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize

# A weaker example is taken for one without neighbours.
_NO_DEGREE = 1e-6


@keras.saving.register_keras_serializable("tfkd")
class GraphDistance(Distance):
    """Squared Frobenius distance of similarity graphs.

    Equation:  W_ij = max(cos(x_i, x_j), 0), W_ii = 0;  D_ii = sum_j W_ij
               A = M * (D^-1/2 W D^-1/2);   d_i = B sum_j (A_t^p - A_s^p)_ij^2
    Symbols:   x (batch, features) the taps, flattened; B = batch, so that
               the mean over examples is ||A_t^p - A_s^p||_F^2; p = `power`;
               M_ij = 1 if i is among the teacher's `neighbors` strongest
               edges of j or j of i, else 0.

    Args:
        neighbors: Edges kept an example, or `None` for all.
        power: p >= 1, an integer: 2 compares two-step neighbourhoods.
        **kwargs: See `Distance`.

    Raises:
        InputError: If an argument is no whole number >= 1.
    """

    pairwise = True

    same_shape = False

    def __init__(self, neighbors=None, power=1, **kwargs):
        super().__init__(**kwargs)
        checks.whole(1, power=power)
        if neighbors is not None:
            checks.whole(1, neighbors=neighbors, hint="None keeps all edges.")
        self.neighbors = None if neighbors is None else int(neighbors)
        self.power = int(power)

    def call(self, teacher, student):
        teacher, student = _adjacency(teacher), _adjacency(student)
        if self.neighbors is not None:
            kept = self._kept(teacher)
            teacher, student = teacher * kept, student * kept
        difference = self._power(teacher) - self._power(student)
        count = ops.cast(ops.shape(difference)[0], difference.dtype)
        return count * ops.sum(ops.square(difference), axis=-1)

    def _kept(self, adjacency):
        """1 where an edge is among the strongest of either end."""
        ranked = ops.sort(adjacency, axis=-1)
        last = ops.maximum(ops.shape(ranked)[0] - self.neighbors, 0)
        weakest = ops.take(ranked, last, axis=1)[:, None]
        kept = ops.cast(adjacency >= weakest, adjacency.dtype)
        return ops.maximum(kept, ops.transpose(kept))

    def _power(self, adjacency):
        result = adjacency
        for _ in range(self.power - 1):
            result = ops.matmul(result, adjacency)
        return result

    def get_config(self):
        return {
            **super().get_config(),
            "neighbors": self.neighbors,
            "power": self.power,
        }


def _adjacency(x):
    """D^-1/2 W D^-1/2 of a tap."""
    x = l2_normalize(flatten(x))
    weights = ops.maximum(ops.matmul(x, ops.transpose(x)), 0.0)
    weights = weights * (1.0 - ops.eye(ops.shape(x)[0], dtype=weights.dtype))
    degree = ops.sum(weights, axis=-1)
    connected = degree > _NO_DEGREE
    root = ops.where(
        connected,
        ops.rsqrt(ops.where(connected, degree, ops.ones_like(degree))),
        ops.zeros_like(degree),
    )
    return root[:, None] * weights * root[None, :]
