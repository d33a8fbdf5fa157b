"""How the graph of a batch changes from one layer to another."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import flatten
from tfkd.numerics import unit_scale
from tfkd.transforms.base import Transform
from tfkd.transforms.pair_distances import PairDistances
from tfkd.transforms.pair_distances import check_pairs
from tfkd.transforms.pooling import average_to

_PARTS = ("vertices", "edges")


@keras.saving.register_keras_serializable("tfkd")
class LayerChange(Transform):
    """Squared change of vertices, or of edges, between two layers.

    Equation:  part "vertices":  v_i = ||x1_i - x2_i||_2^2 / max_i v_i
               part "edges":     e_ij = (A1_ij - A2_ij)^2,
                                 A_ij = ||x_i - x_j||_2^2 / max_ij A_ij
    Symbols:   x1, x2 (batch, height, width, channels) or (batch, channels)
               taps, a list; for vertices the larger is averaged to the
               smaller, in positions and over neighbouring channels. Result
               (batch, 1) or (batch, batch).
    Paper:     Liu et al., *Knowledge Distillation via Instance Relationship
               Graph*, CVPR 2019; survey Eqn 21.

    Args:
        part: `"vertices"` or `"edges"`.

    Raises:
        InputError: If `part` is unknown, or there are not two taps of known
            shape.
    """

    pairwise = True

    def __init__(self, part="vertices", **kwargs):
        super().__init__(**kwargs)
        if part not in _PARTS:
            raise InputError(
                f"part must be one of {_PARTS}, received {part!r}."
            )
        self.part = part
        self.edges = PairDistances(
            squared=True, normalize="max", dtype=self.dtype_policy
        )

    def build(self, input_shape):
        shapes = [tuple(shape) for shape in input_shape]
        known = all(None not in s[1:] and len(s) in (2, 4) for s in shapes)
        if len(shapes) != 2 or not known:
            raise InputError(
                "A change between layers needs two taps of shape (batch, "
                "height, width, channels) or (batch, channels) with known "
                f"sizes, received {shapes}. Choose other taps, or build the "
                "model with a fixed input size."
            )
        check_pairs(shapes[0])
        self.edges.build(shapes[0])

    def call(self, x):
        first, second = x
        if self.part == "edges":
            return ops.square(self.edges(first) - self.edges(second))
        difference = unit_scale(ops.subtract(*_alike(first, second)))
        change = ops.sum(ops.square(difference), axis=-1, keepdims=True)
        size = ops.max(change)
        return change / ops.where(size > 0, size, ops.ones_like(size))

    def get_config(self):
        return {**super().get_config(), "part": self.part}


def _alike(first, second):
    """Averages two taps to their smaller size; `(batch, features)` each."""
    maps = [
        x if len(x.shape) == 4 else x[:, None, None] for x in (first, second)
    ]
    height, width, channels = (
        min(x.shape[axis] for x in maps) for axis in (1, 2, 3)
    )
    result = []
    for x in maps:
        x = average_to(x, (height, width))
        x = ops.reshape(x, (-1, height * width, x.shape[3], 1))
        result.append(flatten(average_to(x, (height * width, channels))))
    return result
