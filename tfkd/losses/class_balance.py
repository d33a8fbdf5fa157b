"""Examples without label should be of all classes alike."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.transforms.confident_targets import ConfidentTargets

# Logarithm of a probability that counts nothing in a sum.
_NEVER = -1e30


@keras.saving.register_keras_serializable("tfkd")
class ClassBalance(KDLoss):
    """Binary cross-entropies between mean predictions and equal classes.

    Equation:  L = r sum_c [-1/C log q_c - (1 - 1/C) log(1 - q_c)] ,
               q = mean_u softmax(z_s) ,
               r = mean_u 1[max softmax(z_t) >= m]
    Symbols:   z_t, z_s (batch, C) logits; mean_u the mean over the batch's
               examples without label; m = `threshold`. One value for the
               whole batch, given to each example; 0 where all have labels.
    Paper:     French, Mackiewicz & Fisher, *Self-ensembling for visual
               domain adaptation*, ICLR 2018, arXiv:1706.05208; r as in the
               authors' code.

    Args:
        threshold: m in [0, 1).
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `threshold` is out of range, or the student does not
            score at least two classes for each example.
    """

    needs_labels = True
    pairwise = True

    def __init__(
        self,
        *,
        threshold=0.0,
        teacher_tap="logits",
        student_tap="logits",
        name="class_balance",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.selection = ConfidentTargets(
            threshold, unlabelled_only=True, dtype=self.dtype_policy
        )

    def setup(self, teacher, student):
        shape = tuple(student[self.student_taps[0]].shape)
        if len(shape) != 2 or shape[-1] < 2:
            raise InputError(
                "Classes are balanced by logits (batch, classes) of at least "
                f"two classes, received shape {shape}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        guide = teacher[self.teacher_taps[0]]
        logits = student[self.student_taps[0]]
        rows = label_rows(labels, guide, self.name)
        unknown = ops.cast(ops.sum(rows, axis=-1) == 0, logits.dtype)
        count = ops.maximum(ops.sum(unknown), 1.0)
        kept = ops.cast(self.selection(guide, rows), logits.dtype)
        rate = ops.sum(kept) / count
        log_q, log_rest = _log_mean(logits, unknown, count)
        share = 1.0 / logits.shape[-1]
        value = -ops.sum(share * log_q + (1.0 - share) * log_rest)
        # Without unlabelled examples the logarithms are huge, and r is 0.
        value = rate * ops.where(rate > 0, value, ops.zeros_like(value))
        return value * ops.ones_like(unknown)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "threshold": self.selection.threshold,
        }


def _log_mean(logits, chosen, count):
    """Returns log q and log(1 - q), q the mean of chosen probabilities."""
    log_p = ops.log_softmax(logits, axis=-1)
    hidden = (1.0 - chosen)[:, None] * _NEVER
    log_q = ops.logsumexp(log_p + hidden, axis=0) - ops.log(count)
    # At most one q_c is above 1/2. Its 1 - q_c is the sum of the others: no
    # difference of numbers near 1.
    largest = ops.one_hot(ops.argmax(log_q), log_q.shape[0], dtype=log_q.dtype)
    others = ops.logsumexp(log_q + largest * _NEVER)
    rest = ops.log1p(-ops.exp(log_q + largest * _NEVER))
    return log_q, largest * others + (1.0 - largest) * rest
