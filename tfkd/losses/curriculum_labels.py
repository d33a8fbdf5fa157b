"""Labels that count as experts find them easy, and later all alike."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class CurriculumLabels(KDLoss):
    """Cross-entropy of labels, easy examples first.

    Equation:  L = v H(y, softmax(z_s)),
               v = c + (1 - c) min(1, n / N),  c = softmax(z_e)_y
    Symbols:   z_s (batch, ..., classes) logits of the student, the mean over
               positions of dense maps; z_e those of the expert whose classes
               L_e the label y is of, the mean of c over experts where several
               know it; n step; N = `steps`. In nats.
    Paper:     Xiang, Ding & Han, *Learning From Multiple Experts: Self-paced
               Knowledge Distillation for Long-tailed Classification*, ECCV
               2020, arXiv:2001.01536.

    Examples without label count nothing; those of a class that no expert
    knows count fully.

    Args:
        teacher_taps: Names of the z_e.
        label_sets: The L_e, the student's class of each of their logits.
        steps: N >= 1.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If sets do not fit the experts, or `steps` < 1.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        teacher_taps,
        label_sets,
        steps,
        student_tap="logits",
        name="curriculum",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = tuple(teacher_taps)
        self.student_taps = (student_tap,)
        self.label_sets = [[int(number) for number in s] for s in label_sets]
        if len(self.label_sets) != len(self.teacher_taps) or not steps >= 1:
            raise InputError(
                "A curriculum needs one label set for each expert and steps "
                f">= 1, received {len(self.teacher_taps)} experts, label_sets="
                f"{self.label_sets}, steps={steps!r}."
            )
        self.steps = int(steps)

    def values(self, teacher, student, *, labels, index, step):
        log_p = ops.log_softmax(student[self.student_taps[0]], axis=-1)
        rows = label_rows(labels, log_p, self.name)
        confidence = known = 0.0
        for name, classes in zip(self.teacher_taps, self.label_sets):
            own = ops.take(rows, classes, axis=-1)
            p = ops.softmax(teacher[name], axis=-1)
            confidence = confidence + ops.sum(own * p, axis=-1)
            known = known + ops.sum(own, axis=-1)
        some = known > 0
        confidence = ops.where(
            some, confidence / ops.where(some, known, 1.0), 1.0
        )
        progress = ops.cast(step, log_p.dtype) / self.steps
        progress = ops.minimum(progress, 1.0)
        weight = confidence + (1.0 - confidence) * progress
        return per_example(-weight * ops.sum(rows * log_p, axis=-1))

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_taps": self.teacher_taps,
            "label_sets": self.label_sets,
            "steps": self.steps,
            "student_tap": self.student_taps[0],
        }
