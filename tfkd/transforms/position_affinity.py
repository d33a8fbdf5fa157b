"""How alike the positions of one map are."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import l2_normalize
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import average_to
from tfkd.transforms.pooling import maximum_to


@keras.saving.register_keras_serializable("tfkd")
class PositionAffinity(Transform):
    """Cosines between the features of every two positions.

    Equation:  a_ij = f_i . f_j / (||f_i||_2 ||f_j||_2)
    Symbols:   f_i (channels,) feature of node i, a patch of positions that
               are pooled; result (batch, nodes, nodes). Nodes of zeros have
               cosine 0.
    Paper:     Liu et al., *Structured Knowledge Distillation for Semantic
               Segmentation*, CVPR 2019, arXiv:1903.04197, Sec 3.1 (pair-wise
               distillation).

    Args:
        nodes: `(rows, columns)` that the map is pooled to; every position is
            a node if absent.
        pool: `"max"` or `"average"` over a patch.
        detach_norm: Whether no gradient passes the norms, as in the authors'
            released code.

    Raises:
        InputError: If `pool` is unknown, or the tap is no map of known size.
    """

    def __init__(self, nodes=None, pool="max", detach_norm=False, **kwargs):
        super().__init__(**kwargs)
        if pool not in ("average", "max"):
            raise InputError(
                f"pool must be 'max' or 'average', received {pool!r}."
            )
        self.nodes = None if nodes is None else tuple(nodes)
        self.pool = pool
        self.detach_norm = detach_norm

    def build(self, input_shape):
        if len(input_shape) != 4 or None in tuple(input_shape)[1:]:
            raise InputError(
                "PositionAffinity needs a map (batch, height, width, "
                "channels) of known size, received a tap of shape "
                f"{tuple(input_shape)}. Choose a convolutional tap."
            )

    def call(self, x):
        if self.nodes is not None:
            pool = maximum_to if self.pool == "max" else average_to
            x = pool(x, self.nodes)
        x = ops.reshape(x, (-1, x.shape[1] * x.shape[2], x.shape[3]))
        unit = l2_normalize(x)
        if self.detach_norm:
            unit = _with_gradient_of(x, unit)
        return ops.matmul(unit, ops.transpose(unit, (0, 2, 1)))

    def get_config(self):
        return {
            **super().get_config(),
            "nodes": self.nodes,
            "pool": self.pool,
            "detach_norm": self.detach_norm,
        }


def _with_gradient_of(x, unit):
    """The value of `unit`, with the gradient of x / constant norm."""
    held = ops.stop_gradient(x)
    square = ops.sum(ops.square(held), axis=-1, keepdims=True)
    norm = ops.sqrt(ops.where(square > 0, square, ops.ones_like(square)))
    return ops.stop_gradient(unit) + (x - held) / norm
