"""Where an image resembles a small one: the heart of Siamese trackers."""

import keras
from keras import ops

from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class CrossCorrelation(keras.layers.Layer):
    """Correlates every channel of a map with that of a smaller one.

    Equation:  R_ijc = 1/(k l) sum_uv S_(i + u - k // 2)(j + v - l // 2)c
                       T_uvc
    Symbols:   S (batch, height, width, channels) features of the image that
               is searched, 0 beyond its border; T (batch, k, l, channels)
               those of the target.
    Paper:     Bertinetto et al., *Fully-Convolutional Siamese Networks for
               Object Tracking*, 2016, arXiv:1606.09549; by channels as in
               Li et al., *SiamRPN++*, CVPR 2019, arXiv:1812.11703.

    Called with `[S, T]`.

    Raises:
        InputError: If they are no such maps.
    """

    def build(self, input_shape):
        shapes = [tuple(shape) for shape in input_shape]
        if (
            len(shapes) != 2
            or any(len(s) != 4 or None in s[1:] for s in shapes)
            or shapes[0][-1] != shapes[1][-1]
        ):
            raise InputError(
                "A correlation needs two maps (batch, height, width, "
                f"channels) of as many channels, received shapes {shapes}."
            )
        self.size = shapes[1][1:3]

    def call(self, inputs):
        search, target = inputs
        rows, columns = self.size
        height, width = search.shape[1:3]
        border = [(n // 2, n - 1 - n // 2) for n in self.size]
        padded = ops.pad(search, [(0, 0), *border, (0, 0)])
        total = 0.0
        for u in range(rows):
            for v in range(columns):
                part = padded[:, u : u + height, v : v + width]
                total = total + part * target[:, u, None, v, None]
        return total / (rows * columns)
