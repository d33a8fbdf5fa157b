"""Old classes' exemplars must not look like new classes."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows


@keras.saving.register_keras_serializable("tfkd")
class MarginRanking(KDLoss):
    """The true score of an old class, and the highest of the new classes.

    Equation:  L = mean over examples with y < n of
                   1/K sum_k max(0, m - s_y + s_(k))
    Symbols:   s (batch, classes) scores, such as cosines; y label; n =
               `old_classes`; s_(1), ..., s_(K) the largest scores of classes
               >= n; K = `negatives`; m = `margin`.
    Paper:     Hou et al., *Learning a Unified Classifier Incrementally via
               Rebalancing*, CVPR 2019, Eqn 8, with the mean over k of public
               code.

    Values are scaled so that the mean over the batch is that over its
    examples of old classes; examples of new classes, or without label, count
    nothing.

    Args:
        old_classes: n >= 1.
        student_tap: Name of s.
        negatives: K >= 1, at most the number of new classes.
        margin: m >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range, or s are no such scores.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        old_classes,
        student_tap,
        negatives=2,
        margin=0.5,
        name="margin_ranking",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if old_classes < 1 or negatives < 1 or not 0 <= margin < float("inf"):
            raise InputError(
                "A ranking needs old_classes >= 1, negatives >= 1 and a "
                f"finite margin >= 0, received old_classes={old_classes!r}, "
                f"negatives={negatives!r}, margin={margin!r}."
            )
        self.old_classes = int(old_classes)
        self.student_taps = (student_tap,)
        self.negatives = int(negatives)
        self.margin = float(margin)

    def setup(self, teacher, student):
        shape = tuple(student[self.student_taps[0]].shape)
        if len(shape) != 2:
            raise InputError(
                "A ranking compares the scores of whole examples, (batch, "
                f"classes), received shape {shape}."
            )
        if shape[-1] < self.old_classes + self.negatives:
            raise InputError(
                f"Beside {self.old_classes} old classes there must be at "
                f"least {self.negatives} new ones, received scores of shape "
                f"{shape}. Take fewer negatives."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        scores = student[self.student_taps[0]]
        rows = label_rows(labels, scores, self.name)
        old = ops.sum(rows[:, : self.old_classes], axis=-1)
        true = ops.sum(rows * scores, axis=-1, keepdims=True)
        new, _ = ops.top_k(scores[:, self.old_classes :], self.negatives)
        hinge = ops.mean(ops.relu(self.margin - true + new), axis=-1)
        count = ops.maximum(ops.sum(old), 1.0)
        batch = ops.cast(ops.shape(old)[0], old.dtype)
        return hinge * old * batch / count

    def get_config(self):
        return {
            **super().get_config(),
            "old_classes": self.old_classes,
            "student_tap": self.student_taps[0],
            "negatives": self.negatives,
            "margin": self.margin,
        }
