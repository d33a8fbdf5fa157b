"""What a classifier of classes and views says of the classes alone."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class JointAggregate(Transform):
    """Mean over views of the scores of each view's own labels.

    Equation:  s_n = 1/M sum_j z_(j, n, j)
    Symbols:   z (batch, M, classes, M) logits: of view j for class n and
               view m; s (batch, classes).
    Paper:     Lee, Hwang & Shin, *Self-supervised Label Augmentation via
               Input Transformations*, ICML 2020, arXiv:1910.05872.

    Raises:
        InputError: If z has another shape.
    """

    def build(self, input_shape):
        if len(input_shape) != 4 or input_shape[1] != input_shape[3]:
            raise InputError(
                "Joint logits have the shape (batch, views, classes, views), "
                f"received {tuple(input_shape)}."
            )

    def call(self, z):
        own = ops.cast(ops.eye(z.shape[1])[:, None, :], z.dtype)
        return ops.sum(z * own, axis=(1, 3)) / z.shape[1]
