"""Who is nearer to whom, as several teachers vote."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.triplet_margin import mean_hinge
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.numerics import shares as normalized
from tfkd.numerics import square_distances


@keras.saving.register_keras_serializable("tfkd")
class VotedOrder(KDLoss):
    """The student orders distances as the majority of teachers does.

    Equation:  L = mean over triplets (i, j, k) with v_ijk > 0 of
                   max(0, d_ij - d_ik + m)
               v_ijk = sum_t w_t sign(d^t_ik - d^t_ij),  sum_t w_t = 1
    Symbols:   d, d^t squared Euclidean distances between examples of the
               student's tap and of that of teacher t, flattened and of unit
               length; i, j, k different examples of the batch; m = `margin`.
               Ties count nothing.

    The value of an example is scaled so that the mean over the batch is the
    mean over triplets. It takes batch^3 numbers.

    Args:
        teacher_taps: Names of the teachers' taps, at least one; widths may
            differ.
        student_tap: Name of the student's tap.
        margin: m >= 0.
        shares: w, non-negative; normalized; equal if absent.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If there is no teacher, or a number is out of range.
    """

    pairwise = True

    def __init__(
        self,
        *,
        teacher_taps,
        student_tap,
        margin=0.1,
        shares=None,
        name="voted_order",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not teacher_taps or not 0 <= margin < float("inf"):
            raise InputError(
                "An order needs at least one teacher and a finite margin >= "
                f"0, received teacher_taps={teacher_taps!r}, "
                f"margin={margin!r}."
            )
        self.teacher_taps = tuple(teacher_taps)
        self.student_taps = (student_tap,)
        self.margin = margin
        self.shares = normalized(
            "shares of teachers", shares, len(self.teacher_taps)
        )

    def values(self, teacher, student, *, labels, index, step):
        votes = sum(
            share * ops.sign(-_gaps(teacher[name]))
            for name, share in zip(self.teacher_taps, self.shares)
        )
        gaps = _gaps(student[self.student_taps[0]])
        apart = ~ops.cast(ops.eye(ops.shape(gaps)[0]), "bool")
        # Sums of shares that cancel leave a rounding error.
        valid = (votes > 1e-6) & apart[:, :, None] & apart[:, None, :]
        return mean_hinge(gaps + self.margin, valid)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_taps": self.teacher_taps,
            "student_tap": self.student_taps[0],
            "margin": self.margin,
            "shares": self.shares,
        }


def _gaps(tap):
    """d_ij - d_ik of all triplets."""
    distances = square_distances(l2_normalize(flatten(tap)))
    return distances[:, :, None] - distances[:, None, :]
