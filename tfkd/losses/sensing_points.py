"""What losses of several layers' singular vectors share."""

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.transforms import regressor
from tfkd.transforms import singular_vectors


class SensingPoints(KDLoss):
    """Reads pairs of maps at two or more layers, front to back.

    A student's map of another shape is first sent through a trained 1x1
    convolution with batch normalization, which ends in the teacher's shape.

    Args:
        pairs: `((teacher_tap, student_tap), ...)`.
        count: Singular vectors a map must have, at least 1.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If there are fewer than two pairs, or one is not of maps
            of at least `count` channels.
    """

    def __init__(self, *, pairs, count=1, **kwargs):
        super().__init__(**kwargs)
        self.pairs = tuple((t, s) for t, s in pairs)
        if len(self.pairs) < 2:
            raise InputError(
                f"{type(self).__name__} relates layers to the ones before and "
                "needs at least two layers (teacher_tap, student_tap), "
                f"received {self.pairs}."
            )
        self.count = singular_vectors.SingularVectors(count).count
        self.teacher_taps = tuple(dict.fromkeys(t for t, _ in self.pairs))
        self.student_taps = tuple(dict.fromkeys(s for _, s in self.pairs))

    def setup(self, teacher, student):
        self.regressors = []
        for teacher_tap, student_tap in self.pairs:
            shape = tuple(teacher[teacher_tap].shape)
            singular_vectors.check_map(shape, self.count)
            self.regressors.append(
                regressor.fitting(
                    shape,
                    tuple(student[student_tap].shape),
                    normalize=True,
                    dtype=self.dtype_policy,
                )
            )
        super().setup(teacher, student)

    def maps(self, teacher, student):
        """Returns the pairs of maps, both of the teacher's shape."""
        return [
            (teacher[teacher_tap], regress(student[student_tap]))
            for (teacher_tap, student_tap), regress in zip(
                self.pairs, self.regressors
            )
        ]

    def get_config(self):
        return {
            **super().get_config(),
            "pairs": [list(pair) for pair in self.pairs],
            "count": self.count,
        }
