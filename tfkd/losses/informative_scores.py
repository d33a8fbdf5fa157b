"""A detector's scores follow the teacher's where they differ enough."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss


@keras.saving.register_keras_serializable("tfkd")
class InformativeScores(KDLoss):
    """Squared differences of probabilities above a threshold of their own.

    Equation:  L = sum_i m_i (p_i - q_i)^2 / max(1, sum_i m_i) ,
               m_i = 1[|p_i - q_i| > h(q_i)] ,
               h(q) = (1 - q) b + q o
    Symbols:   p, q sigmoids of the student's and the teacher's logits of a
               class of an anchor, the columns of (batch, anchors, 4 + classes)
               behind the box; h the threshold for an objectness, b =
               `background`, o = `foreground`.

    Args:
        background: h(0), in [0, 1).
        foreground: h(1), in [0, 1).
        teacher_tap: Name of the teacher's answers.
        student_tap: Name of the student's.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a threshold is out of range, or taps are no answers of
            detectors with the same anchors and classes.
    """

    def __init__(
        self,
        *,
        background=0.1,
        foreground=0.1,
        teacher_tap="outputs",
        student_tap="outputs",
        name="informative_scores",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not (0 <= background < 1 and 0 <= foreground < 1):
            raise InputError(
                "Thresholds of differences of probabilities must be in [0, "
                f"1), received background={background!r}, "
                f"foreground={foreground!r}."
            )
        self.background = float(background)
        self.foreground = float(foreground)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if theirs != own or len(own) != 3 or None in own[1:] or own[2] < 5:
            raise InputError(
                "Informative scores are those of detectors with the same "
                "anchors and classes, (batch, anchors, 4 + classes); received "
                f"taps of shapes {theirs} and {own}. Use models such as "
                "tfkd.tasks.detection.model()."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        q = ops.sigmoid(teacher[self.teacher_taps[0]][..., 4:])
        p = ops.sigmoid(student[self.student_taps[0]][..., 4:])
        gap = ops.abs(p - q)
        counts = ops.cast(gap > self.thresholds(q), p.dtype)
        total = ops.sum(counts * ops.square(gap), axis=(1, 2))
        return total / ops.maximum(ops.sum(counts, axis=(1, 2)), 1.0)

    def thresholds(self, objectness):
        """Returns h of probabilities."""
        return self.background + objectness * (
            self.foreground - self.background
        )

    def get_config(self):
        return {
            **super().get_config(),
            "background": self.background,
            "foreground": self.foreground,
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }
