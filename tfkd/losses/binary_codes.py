"""Signs of the teacher's principal components as attributes."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten


@keras.saving.register_keras_serializable("tfkd")
class BinaryCodes(KDLoss):
    """Cross-entropy of a code of the teacher's features, bit by bit.

    Equation:  L = 1/K sum_k [ c_k softplus(-z_k) + (1 - c_k) softplus(z_k) ] ,
               c_k = 1[v_k . (f - mu) > 0]
    Symbols:   f (batch, features) the teacher's tap, flattened; z (batch, K)
               the student's scores; mu the mean and v the first K principal
               directions of f over the data, found in `adapt`. In nats.
    Paper:     Owens et al., *Ambient Sound Provides Supervision for Visual
               Learning*, ECCV 2016, arXiv:1608.07017.

    Args:
        teacher_tap: Name of f.
        student_tap: Name of z, whose width is the number of bits.
        **kwargs: See `KDLoss`.

    Attributes:
        mean: Variable of shape `(features,)`.
        directions: Variable of shape `(features, K)`.

    Raises:
        InputError: If the teacher's tap has no known size, or fewer numbers
            than there are bits, or z is no such tap.
    """

    def __init__(
        self, *, teacher_tap, student_tap, name="binary_codes", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if len(own) != 2:
            raise InputError(
                "A code is of whole examples, scored by (batch, bits), "
                f"received a tap of shape {own}. Pool it."
            )
        bits = own[-1]
        width = 0 if None in shape[1:] else int(np.prod(shape[1:]))
        if width < bits:
            raise InputError(
                f"A code of {bits} bits needs features of a known size, at "
                f"least {bits}, received a tap of shape {shape}. Take fewer "
                "bits, or another tap."
            )
        self.mean = self.add_weight(
            (width,), "zeros", trainable=False, name="mean"
        )
        self.directions = self.add_weight(
            (width, bits), "zeros", trainable=False, name="directions"
        )
        super().setup(teacher, student)

    def adapt(self, taps, labels):
        """Finds mean and directions of the teacher's features.

        Raises:
            InputError: If there are fewer examples than bits.
        """
        features = np.asarray(taps[self.teacher_taps[0]], "float64")
        features = features.reshape(len(features), -1)
        bits = self.directions.shape[1]
        if len(features) < bits:
            raise InputError(
                f"A code of {bits} bits needs as many examples, received "
                f"{len(features)}. Take fewer bits, or more data."
            )
        mean = features.mean(axis=0)
        rows = np.linalg.svd(features - mean, full_matrices=False)[2][:bits]
        # The largest element is positive, so that a code does not depend on
        # the library that computes it.
        largest = np.argmax(np.abs(rows), axis=1)[:, None]
        rows *= np.where(np.take_along_axis(rows, largest, 1) < 0, -1.0, 1.0)
        self.mean.assign(mean)
        self.directions.assign(rows.T)

    def codes(self, tap):
        """Returns c, `(batch, bits)`, zeros and ones."""
        features = flatten(ops.cast(tap, self.compute_dtype)) - self.mean
        scores = ops.matmul(features, self.directions)
        return ops.cast(scores > 0, self.compute_dtype)

    def values(self, teacher, student, *, labels, index, step):
        codes = self.codes(teacher[self.teacher_taps[0]])
        scores = student[self.student_taps[0]]
        return ops.mean(ops.softplus(scores) - codes * scores, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }
