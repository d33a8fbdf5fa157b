"""How much each position of a map differs from its eight neighbours."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import safe_sqrt
from tfkd.transforms.base import Transform

_OFFSETS = [
    (row, column)
    for row in (-1, 0, 1)
    for column in (-1, 0, 1)
    if (row, column) != (0, 0)
]


@keras.saving.register_keras_serializable("tfkd")
class NeighborDifferences(Transform):
    """Mean length of the differences between a position and its neighbours.

    Equation:  g_i = mean_(j in N(i)) ||p_i - p_j||_2 ,  p = softmax(z)
    Symbols:   z (batch, height, width, channels) logits; N(i) the positions
               around i, up to 8, that are inside the map; result (batch,
               height, width): 0 in smooth regions, large at edges.
    Paper:     Xie et al., *Improving Fast Segmentation With Teacher-student
               Learning*, BMVC 2018, arXiv:1810.08476 (first-order knowledge).

    Args:
        probabilities: Whether differences are those of the softmax, or of
            the map itself.

    Raises:
        InputError: If the tap is no map of known size, or a single position.
    """

    def __init__(self, probabilities=True, **kwargs):
        super().__init__(**kwargs)
        self.probabilities = bool(probabilities)

    def build(self, input_shape):
        shape = tuple(input_shape)
        if len(shape) != 4 or None in shape[1:] or shape[1] * shape[2] < 2:
            raise InputError(
                "NeighborDifferences needs a map (batch, height, width, "
                "channels) of known size and at least two positions, received "
                f"a tap of shape {shape}. Choose dense logits or a "
                "convolutional tap."
            )

    def call(self, x):
        if self.probabilities:
            x = ops.softmax(x, axis=-1)
        height, width = x.shape[1:3]
        padding = ((0, 0), (1, 1), (1, 1), (0, 0))
        padded = ops.pad(x, padding)
        valid = ops.pad(ops.ones_like(x[..., :1]), padding)
        total, count = 0.0, 0.0
        for row, column in _OFFSETS:
            where = (
                slice(None),
                slice(1 + row, 1 + row + height),
                slice(1 + column, 1 + column + width),
            )
            inside = valid[where][..., 0]
            square = ops.sum(ops.square(x - padded[where]), axis=-1)
            total = total + inside * safe_sqrt(square)
            count = count + inside
        return total / count

    def get_config(self):
        return {**super().get_config(), "probabilities": self.probabilities}
