"""The angles of the triangles that examples of a batch form."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import flatten
from tfkd.numerics import safe_sqrt
from tfkd.numerics import square_distances
from tfkd.numerics import unit_scale
from tfkd.transforms.base import Transform
from tfkd.transforms.pair_distances import check_pairs


@keras.saving.register_keras_serializable("tfkd")
class TripletAngles(Transform):
    """Cosine of the angle at each example between each two others.

    Equation:  c_ijk = e_ij . e_ik,  e_ij = (x_j - x_i) / ||x_j - x_i||_2
    Symbols:   x (batch, features) the tap, flattened; i the vertex; result
               (batch, m, m), m = batch or `anchors`. Where two of the three
               are equal, c is 0 (1 for j = k) and has no gradient.
    Paper:     Park et al., *Relational Knowledge Distillation*, CVPR 2019,
               arXiv:1904.05068, Eqn 7.

    Inner products come from the Gram matrix: the cost is that of batch * m^2
    numbers, whatever the number of features.

    Args:
        anchors: j and k run over the first `anchors` examples only (batches
            are shuffled, so that this is a sample); over all if `None`.

    Raises:
        InputError: If `anchors` is below 2, or a model is built for batches
            of one.
    """

    pairwise = True

    def __init__(self, anchors=None, **kwargs):
        super().__init__(**kwargs)
        if anchors is not None and anchors < 2:
            raise InputError(
                "anchors must be None (all) or at least 2, an angle's two "
                f"ends; received {anchors!r}."
            )
        self.anchors = anchors

    def build(self, input_shape):
        check_pairs(input_shape)

    def call(self, x):
        x = unit_scale(flatten(x))
        x = x - ops.stop_gradient(ops.mean(x, axis=0, keepdims=True))
        m = self.anchors
        ends = x[:m]
        length = safe_sqrt(square_distances(x))[:, :m]
        apart = length > 0
        inverse = ops.where(
            apart,
            1.0 / ops.where(apart, length, ops.ones_like(length)),
            ops.zeros_like(length),
        )
        # (x_j - x_i) . (x_k - x_i), expanded.
        across = ops.matmul(ends, ops.transpose(ends))
        along = ops.matmul(x, ops.transpose(ends))
        own = ops.sum(ops.square(x), axis=-1)
        products = (
            across[None]
            - along[:, :, None]
            - along[:, None, :]
            + own[:, None, None]
        )
        return products * inverse[:, :, None] * inverse[:, None, :]

    def get_config(self):
        return {**super().get_config(), "anchors": self.anchors}
