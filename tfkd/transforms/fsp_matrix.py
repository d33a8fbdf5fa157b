"""The flow between two layers: inner products of their channels."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import average_to
from tfkd.transforms.pooling import maximum_to

_POOLS = {"average": average_to, "max": maximum_to}


@keras.saving.register_keras_serializable("tfkd")
class FSPMatrix(Transform):
    """Flow of the solution procedure, from a pair of maps.

    Equation:  G_ij = 1 / (H W) sum_hw F1_hwi F2_hwj
    Symbols:   F1, F2 (batch, height, width, channels), a list; the larger
               is pooled to the size H, W of the smaller; result
               (batch, channels of F1, channels of F2).
    Paper:     Yim et al., *A Gift from Knowledge Distillation*, CVPR 2017,
               Eqn 1.

    Args:
        pool: `"max"` as in the paper, or `"average"`.

    Raises:
        InputError: If `pool` is unknown, or the taps are not two maps.
    """

    def __init__(self, pool="max", **kwargs):
        super().__init__(**kwargs)
        if pool not in _POOLS:
            raise InputError(
                f"pool must be one of {sorted(_POOLS)}, received {pool!r}."
            )
        self.pool = pool
        self.size = None

    def build(self, input_shape):
        shapes = [tuple(shape) for shape in input_shape]
        if len(shapes) != 2 or any(len(shape) != 4 for shape in shapes):
            raise InputError(
                "An FSP matrix needs two taps of shape (batch, height, "
                f"width, channels), received {shapes}. Choose convolutional "
                "taps."
            )
        sizes = [shape[1:3] for shape in shapes]
        if sizes[0] != sizes[1]:
            if None in (*sizes[0], *sizes[1]):
                raise InputError(
                    "An FSP matrix of maps that differ in size needs known "
                    f"sizes, received {shapes}. Build the model with a fixed "
                    "input size."
                )
            self.size = tuple(min(pair) for pair in zip(*sizes))

    def call(self, x):
        first, second = x
        if self.size is not None:
            first, second = (_POOLS[self.pool](y, self.size) for y in x)
        area = ops.shape(first)[1] * ops.shape(first)[2]
        flow = ops.einsum("bhwi,bhwj->bij", first, second)
        return flow / ops.cast(area, flow.dtype)

    def get_config(self):
        return {**super().get_config(), "pool": self.pool}
