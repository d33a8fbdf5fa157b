"""Keeps a network from being strict about its first choice."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class TopScoreDifference(KDLoss):
    """Gap between the highest probability and the next ones.

    Equation:  L = p_(1) - 1/(K-1) sum_(k=2..K) p_(k)       (survey Eqn 8)
    Symbols:   p_(k) k-th largest of softmax(z); z (batch, ..., classes)
               logits, the mean over positions of dense maps; K = `top`.
    Paper:     Yang et al., *Training Deep Neural Networks in Generations: A
               More Tolerant Teacher Educates Better Students*, AAAI 2019,
               arXiv:1805.05551.

    Args:
        top: K, at least 2 and at most the number of classes.
        student_tap: Name of z.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `top` is out of range.
    """

    def __init__(
        self,
        *,
        top=5,
        student_tap="logits",
        name="top_score_difference",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        checks.whole(2, top=top)
        self.top = int(top)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        classes = student[self.student_taps[0]].shape[-1]
        if self.top > classes:
            raise InputError(
                f"top must be at most the number of classes, {classes}, "
                f"received {self.top}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        p = ops.softmax(student[self.student_taps[0]], axis=-1)
        highest, _ = ops.top_k(p, self.top)
        return per_example(
            highest[..., 0] - ops.mean(highest[..., 1:], axis=-1)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "top": self.top,
            "student_tap": self.student_taps[0],
        }
