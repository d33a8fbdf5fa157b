"""Maximum mean discrepancy between two batches."""

import keras
from keras import ops

from tfkd.distances.base import compatible
from tfkd.distances.mmd import MMD
from tfkd.errors import InputError
from tfkd.numerics import flatten


@keras.saving.register_keras_serializable("tfkd")
class BatchMMD(MMD):
    """Squared MMD of the batch's teacher and student features.

    Equation:  `MMD` with the examples as samples; every example has the same
               value, so that the mean over them is the batch's.
    Symbols:   t, s (batch, ...) features, flattened.

    Args:
        kernel: `"linear"`, the squared distance of the two means,
            `"poly"` or `"gaussian"`.
        **kwargs: See `MMD`.
    """

    def __init__(self, kernel="linear", **kwargs):
        super().__init__(kernel=kernel, **kwargs)

    def validate(self, teacher_shape, student_shape):
        if not compatible(teacher_shape[1:], student_shape[1:]):
            raise InputError(
                "BatchMMD compares batches of equal features, received "
                f"teacher {tuple(teacher_shape)} and student "
                f"{tuple(student_shape)}. Choose taps of one width."
            )

    def call(self, teacher, student):
        teacher, student = flatten(teacher), flatten(student)
        value = super().call(teacher[None], student[None])
        return ops.repeat(value, ops.shape(student)[0], axis=0)
