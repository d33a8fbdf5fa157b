"""How each position of a map differs from its eight neighbours."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform

_OFFSETS = [
    (row, column)
    for row in (-1, 0, 1)
    for column in (-1, 0, 1)
    if (row, column) != (0, 0)
]


@keras.saving.register_keras_serializable("tfkd")
class NeighborDifferences(Transform):
    """Differences of class probabilities between a position and neighbours.

    Equation:  g_ij = p_i - p_j ,  p = softmax(z) ,  j in N(i)
    Symbols:   z (batch, height, width, channels) logits; N(i) the positions
               around i, 8 of them inside the map; result (batch, height,
               width, 8, channels), g 0 where j is outside.
    Paper:     Xie et al., *Improving Fast Segmentation With Teacher-student
               Learning*, BMVC 2018, arXiv:1810.08476 (first-order knowledge).

    Args:
        probabilities: Whether differences are those of the softmax, or of
            the map itself.

    Raises:
        InputError: If the tap is no map of known size.
    """

    def __init__(self, probabilities=True, **kwargs):
        super().__init__(**kwargs)
        self.probabilities = bool(probabilities)

    def build(self, input_shape):
        if len(input_shape) != 4 or None in tuple(input_shape)[1:]:
            raise InputError(
                "NeighborDifferences needs a map (batch, height, width, "
                "channels) of known size, received a tap of shape "
                f"{tuple(input_shape)}. Choose dense logits or a "
                "convolutional tap."
            )

    def call(self, x):
        if self.probabilities:
            x = ops.softmax(x, axis=-1)
        height, width = x.shape[1:3]
        inside = ops.ones_like(x)
        padding = ((0, 0), (1, 1), (1, 1), (0, 0))
        padded, valid = ops.pad(x, padding), ops.pad(inside, padding)
        found = []
        for row, column in _OFFSETS:
            where = (
                slice(None),
                slice(1 + row, 1 + row + height),
                slice(1 + column, 1 + column + width),
            )
            found.append(valid[where] * (x - padded[where]))
        return ops.stack(found, axis=3)

    def get_config(self):
        return {**super().get_config(), "probabilities": self.probabilities}
