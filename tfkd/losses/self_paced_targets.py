"""Soft targets of an expert, until the student is as good."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.labels import label_rows
from tfkd.losses.labels import right_answers
from tfkd.losses.subset_soft_targets import SubsetSoftTargets


@keras.saving.register_keras_serializable("tfkd")
class SelfPacedTargets(SubsetSoftTargets):
    """`SubsetSoftTargets` that fade as the student nears its expert.

    Equation:  L = w T^2 KL(softmax(z_t / T) || softmax(z_s[L] / T))
               w = 1                                  if A_s < r A_t
                   max(0, A_t - A_s) / ((1 - r) A_t)  else
    Symbols:   A_s, A_t accuracies of the student, among all its classes, and
               of the expert, among L, on labelled examples of L; moving
               averages over batches, that forget by m = `momentum` a batch;
               r = `threshold`; the rest as in `SubsetSoftTargets`.
    Paper:     Xiang, Ding & Han, *Learning From Multiple Experts: Self-paced
               Knowledge Distillation for Long-tailed Classification*, ECCV
               2020, arXiv:2001.01536.

    Every call moves the averages, whose sums are state and saved. w is that
    before the batch. Where accuracies are measured on other data, set
    `by_batches` to `False` and assign to `sums`.

    Args:
        threshold: r in [0, 1).
        momentum: m in [0, 1).
        **kwargs: See `SubsetSoftTargets`.

    Attributes:
        sums: Variable, right answers of the student and of the expert, and
            examples of L.
        by_batches: Whether calls move the averages.

    Raises:
        InputError: If a number is out of range.
    """

    by_batches = True

    def __init__(self, *, threshold=0.3, momentum=0.98, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= threshold < 1 or not 0 <= momentum < 1:
            raise InputError(
                "Self-paced targets need threshold and momentum in [0, 1), "
                f"received threshold={threshold!r}, momentum={momentum!r}."
            )
        self.needs_labels = True
        self.threshold = float(threshold)
        self.momentum = float(momentum)

    def setup(self, teacher, student):
        # Right answers of the student, of the expert; examples.
        self.sums = self.add_weight((3,), "zeros", trainable=False, name="sums")
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        divergence = super().values(
            teacher, student, labels=labels, index=index, step=step
        )
        weight = self.pace()
        if self.by_batches:
            batch = self.count(teacher, student, labels)
            self.sums.assign(
                self.momentum * self.sums + (1.0 - self.momentum) * batch
            )
        return weight * divergence

    def pace(self):
        """Returns w, a scalar."""
        own, theirs, count = ops.unstack(ops.convert_to_tensor(self.sums), 3)
        gap = ops.maximum(theirs - own, 0.0)
        # An expert that is never right is known, too: nothing is to be gained.
        known = count > 0
        room = (1.0 - self.threshold) * ops.where(theirs > 0, theirs, 1.0)
        fading = ops.minimum(gap / room, 1.0)
        early = (own < self.threshold * theirs) | ~known
        return ops.where(early, ops.ones_like(gap), fading)

    def count(self, teacher, student, labels):
        """Returns what `sums` holds, of a batch."""
        target = teacher[self.teacher_taps[0]]
        logits = student[self.student_taps[0]]
        rows = label_rows(labels, logits, self.name)
        subset = self.pick(rows)
        own = right_answers(logits, rows) * ops.sum(subset, axis=-1)
        theirs = right_answers(target, subset)
        batch = ops.stack([ops.sum(own), ops.sum(theirs), ops.sum(subset)])
        return ops.cast(ops.stop_gradient(batch), self.sums.dtype)

    def get_config(self):
        return {
            **super().get_config(),
            "threshold": self.threshold,
            "momentum": self.momentum,
        }
