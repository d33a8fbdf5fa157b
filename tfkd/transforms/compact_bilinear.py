"""How the channels of two networks go together, in a few numbers."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.numerics import l2_normalize
from tfkd.numerics import safe_sqrt
from tfkd.transforms.base import Transform
from tfkd.transforms.pooling import aligned


@keras.saving.register_keras_serializable("tfkd")
class CompactBilinear(Transform):
    """Compact bilinear pooling of two taps, by random products.

    Equation:  u = 1/sqrt(d) sum_p (W x_p) * (V y_p) ;
               v = sign(u) sqrt(|u|) ;  result v / ||v||_2
    Symbols:   x, y (batch, height, width, channels) maps, averaged to the
               smaller size, or vectors; p a position; W, V of d = `units`
               rows of random signs. u . u' has the mean over signs
               sum_pp' (x_p . x'_p') (y_p . y'_p').
    Paper:     Gao, Beijbom, Zhang & Darrell, *Compact Bilinear Pooling*, CVPR
               2016, arXiv:1511.06062: its random Maclaurin sketch.

    It is called with a list of two tensors. W and V follow from the seed and
    are not trained.

    Args:
        units: d >= 1.
        seed: Whole number behind the signs.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `units` is out of range, or the taps are not two maps
            or two vectors.
    """

    def __init__(self, units=256, seed=0, **kwargs):
        super().__init__(**kwargs)
        checks.whole(1, units=units)
        self.units = int(units)
        self.seed = int(seed)

    def build(self, input_shape):
        shapes = [tuple(shape) for shape in input_shape]
        ranks = {len(shape) for shape in shapes}
        if len(shapes) != 2 or len(ranks) != 1 or not ranks <= {2, 4}:
            raise InputError(
                "CompactBilinear joins two taps, both maps (batch, height, "
                f"width, channels) or both vectors; received shapes {shapes}."
            )
        random = np.random.default_rng(self.seed)
        self.signs = [
            random.choice([-1.0, 1.0], size=(shape[-1], self.units))
            for shape in shapes
        ]

    def call(self, inputs):
        if len(inputs[0].shape) == 4:
            inputs = aligned(inputs)
        first, second = (
            ops.matmul(x, ops.convert_to_tensor(signs, x.dtype))
            for x, signs in zip(inputs, self.signs)
        )
        product = first * second / self.units**0.5
        if len(product.shape) == 4:
            product = ops.sum(product, axis=(1, 2))
        return l2_normalize(ops.sign(product) * safe_sqrt(ops.abs(product)))

    def get_config(self):
        return {**super().get_config(), "units": self.units, "seed": self.seed}
