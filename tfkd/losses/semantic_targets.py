"""Soft targets of other classes, moved to those like the label."""

import keras
import numpy as np
from keras import ops

from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows


@keras.saving.register_keras_serializable("tfkd")
class SemanticTargets(KDLoss):
    """KL from a teacher's answer, raised where its classes are like the label.

    Equation:  L = KL(softmax(z_t + l A_y) || softmax(v)), in nats
    Symbols:   z_t (batch, classes of the teacher) logits; v the student's
               scores of the same classes, besides its own; A (classes of the
               student, classes of the teacher) similarities, row y that of
               the label; l = `share`. Without a label A_y is 0.
    Paper:     Liu, Xie, Wang & Yuille, *Semantic-Aware Knowledge Preservation
               for Zero-Shot Sketch-Based Image Retrieval*, ICCV 2019,
               arXiv:1904.03208.

    Args:
        similarity: A, nested rows of finite numbers; all 0 if absent.
        student_tap: Name of v.
        logits_tap: Name of the student's own logits, whose classes y are.
        teacher_tap: Name of z_t.
        share: l >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If A or l are no such numbers, or do not fit the classes.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        similarity=None,
        student_tap,
        logits_tap="logits",
        teacher_tap="logits",
        share=0.3,
        name="semantic_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        table = None if similarity is None else _table(similarity)
        good = table is None or table.ndim == 2 and np.isfinite(table).all()
        if not good or not 0 <= share < float("inf"):
            raise InputError(
                "Semantic targets need a table of finite similarities, (the "
                "student's classes, the teacher's classes), and a finite share "
                f">= 0; received similarity={similarity!r}, share={share!r}."
            )
        self.similarity = table
        self.share = float(share)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap, logits_tap)

    def setup(self, teacher, student):
        scores, logits = (tuple(student[n].shape) for n in self.student_taps)
        target = tuple(teacher[self.teacher_taps[0]].shape)
        wanted = (logits[-1], target[-1])
        vectors = all(len(shape) == 2 for shape in (scores, logits, target))
        if not vectors or scores[-1] != target[-1]:
            raise InputError(
                "Semantic targets need logits (batch, classes) and scores of "
                f"the teacher's classes, received {target} of the teacher, "
                f"{scores} and {logits} of the student."
            )
        table = self.similarity
        if table is not None and table.shape != wanted:
            raise InputError(
                f"similarity must have the shape {wanted}, a row for each of "
                "the student's classes with a number for each of the "
                f"teacher's, received {table.shape}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]]
        scores, logits = (student[name] for name in self.student_taps)
        if self.similarity is not None:
            rows = label_rows(labels, logits, self.name)
            table = ops.cast(self.share * self.similarity, target.dtype)
            target = target + ops.matmul(ops.cast(rows, target.dtype), table)
        return softmax_kl(target, scores)

    def get_config(self):
        return {
            **super().get_config(),
            "similarity": (
                None if self.similarity is None else self.similarity.tolist()
            ),
            "student_tap": self.student_taps[0],
            "logits_tap": self.student_taps[1],
            "teacher_tap": self.teacher_taps[0],
            "share": self.share,
        }


def _table(rows):
    """Returns an array; of NaN for what are no rows of numbers."""
    try:
        return np.array(rows, "float64")
    except (TypeError, ValueError):
        return np.full((1, 1), np.nan)
