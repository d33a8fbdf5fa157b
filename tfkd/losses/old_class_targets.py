"""Old classes' probabilities, wherever no new class is."""

import keras
from keras import ops

from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import flatten


@keras.saving.register_keras_serializable("tfkd")
class OldClassTargets(KDLoss):
    """A model that knows more classes follows one that knows the first few.

    Equation:  L = mean over p in P of KL(q_t(p) || q_s(p)),
               P = {p: 0 <= y(p) < n},
               q_t = softmax(z_t), 0 for new classes;  q_s = softmax(z_s)
    Symbols:   z_t (batch, ..., n) the old model's logits; z_s (batch, ...,
               classes) the student's; y labels, -1 where there is none; P
               positions of the whole batch, or its examples: the mean over
               the batch is the mean over P, and 0 where P is empty. In nats.

    The student's softmax sums over all classes: what is said to be old must
    not be new.

    Args:
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the student knows no new class, or maps differ in size.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        teacher_tap="logits",
        student_tap="logits",
        name="old_classes",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        theirs = tuple(teacher[self.teacher_taps[0]].shape)
        own = tuple(student[self.student_taps[0]].shape)
        if theirs[:-1] != own[:-1] or theirs[-1] >= own[-1]:
            raise InputError(
                f"{self.name} needs a student that knows the old model's "
                "classes and further ones, at the same positions; received "
                f"logits of shapes {theirs} and {own}. Make it with "
                "tfkd.models.heads.grow(model, new_classes, "
                "bias_correction=False)."
            )
        self.known = theirs[-1]
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]]
        logits = student[self.student_taps[0]]
        old = logits[..., : self.known]
        # What the softmax over all classes takes from the old ones.
        rest = ops.logsumexp(logits, axis=-1) - ops.logsumexp(old, axis=-1)
        divergence = softmax_kl(target, old) + rest
        rows = label_rows(labels, logits, self.name)
        counted = ops.sum(rows[..., : self.known], axis=-1)
        if len(counted.shape) == 1:
            counted, divergence = counted[:, None], divergence[:, None]
        counted = flatten(counted)
        total = ops.sum(counted * flatten(divergence), axis=-1)
        share = ops.mean(ops.sum(counted, axis=-1))
        return total / ops.maximum(share, 1e-6)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }
