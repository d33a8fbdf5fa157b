"""What losses of two networks that see two views have in common."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten


class TwoViews(KDLoss):
    """A loss on a student's tap, and on a tap of the teacher's view.

    Subclasses implement `pair_values`.

    Args:
        teacher_tap: Name of the teacher's tap t.
        student_tap: Name of the student's tap s.
        partner: Network from the teacher's tap, such as the `"view"` of a
            `tfkd.teachers.ViewTeacher`, to t. It is trained and saved with
            the student. Without one, the teacher's tap itself is t.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the taps do not fit.
    """

    pairwise = True
    # Whether the embeddings are compared with each other.
    same_width = True

    def __init__(
        self,
        *,
        teacher_tap="view",
        student_tap="embedding",
        partner=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.partner = partner

    def setup(self, teacher, student):
        theirs = teacher[self.teacher_taps[0]]
        if self.partner is not None:
            theirs = self.partner(
                keras.KerasTensor(tuple(theirs.shape), theirs.dtype)
            )
        shapes = tuple(theirs.shape), tuple(student[self.student_taps[0]].shape)
        if None in (*shapes[0][1:], *shapes[1][1:]):
            raise InputError(
                f"The loss {self.name!r} needs taps of known size, received "
                f"shapes {shapes[0]} and {shapes[1]}. Pool the taps, or build "
                "the models with a fixed input size."
            )
        widths = [int(np.prod(shape[1:])) for shape in shapes]
        if self.same_width and widths[0] != widths[1]:
            raise InputError(
                f"The loss {self.name!r} compares embeddings of one width, "
                f"received shapes {shapes[0]} of the teacher's view and "
                f"{shapes[1]} of the student. Name taps of one width, or give "
                "the networks such a layer."
            )
        self.build_heads(*widths)
        super().setup(teacher, student)

    def build_heads(self, teacher_width, student_width):
        """Makes what a subclass has on the embeddings."""

    def values(self, teacher, student, *, labels, index, step):
        own = flatten(student[self.student_taps[0]])
        return self.pair_values(self.embedded(teacher), own, labels, step)

    def embedded(self, teacher):
        """Returns t, `(batch, features)`, of the teacher's taps."""
        theirs = teacher[self.teacher_taps[0]]
        if self.partner is not None:
            theirs = self.partner(theirs, training=True)
        return flatten(ops.cast(theirs, self.compute_dtype))

    def pair_values(self, theirs, own, labels, step):
        """Returns the loss of each example, `(batch,)`.

        Args:
            theirs: Embeddings of the teacher's view, `(batch, features)`.
            own: Those of the student, row by row of the same example.
            labels: The batch's labels, or `None`.
            step: Number of updates so far.
        """
        raise NotImplementedError(f"{type(self).__name__} must implement it.")

    def get_config(self):
        partner = keras.saving.serialize_keras_object(self.partner)
        if partner is not None:
            partner.pop("compile_config", None)
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "partner": partner,
        }

    @classmethod
    def from_config(cls, config):
        partner = keras.saving.deserialize_keras_object(config["partner"])
        return cls(**{**config, "partner": partner})


def cross_square_distances(first, second):
    """Squared Euclidean distances between rows of two matrices.

    Rows that are equal up to rounding get exactly zero, and no gradient.

    Args:
        first: `(n, features)`.
        second: `(m, features)`.

    Returns:
        Shape `(n, m)`.
    """
    # A common shift changes no distance; without it less cancels below.
    shift = ops.stop_gradient(ops.mean(second, axis=0, keepdims=True))
    first, second = first - shift, second - shift
    sums = (
        ops.sum(ops.square(first), axis=-1)[:, None]
        + ops.sum(ops.square(second), axis=-1)[None, :]
    )
    distances = sums - 2.0 * ops.matmul(first, ops.transpose(second))
    rounding = 16.0 * float(
        np.finfo(keras.backend.standardize_dtype(first.dtype)).eps
    )
    return ops.where(
        distances > rounding * sums, distances, ops.zeros_like(distances)
    )
