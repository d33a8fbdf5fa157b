"""Neighbours on a teacher's graph are near, others far."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import flatten
from tfkd.numerics import safe_sqrt
from tfkd.numerics import square_distances


@keras.saving.register_keras_serializable("tfkd")
class NeighborContrast(KDLoss):
    """Contrastive loss of features over pairs of a batch.

    Equation:  L_i = mean_(j != i) [ W_ij d_ij^2
                                     + (1 - W_ij) max(0, m - d_ij)^2 ] ,
               W_ij = 1[c_i = c_j] ,  d_ij^2 = 1/D sum_k (h_ik - h_jk)^2
    Symbols:   h (batch, D) the student's features, flattened; c the label
               where there is one, else argmax of the teacher's logits z
               (batch, classes); m = `margin`. 0 in a batch of one.
    Paper:     Luo, Zhu, Li, Ren & Zhang, *Smooth Neighbors on Teacher Graphs
               for Semi-supervised Learning*, CVPR 2018, arXiv:1711.00258.

    Args:
        teacher_tap: Name of z.
        student_tap: Name of h.
        margin: m >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `margin` is out of range, or z are no logits of one
            class an example.
    """

    needs_labels = True
    pairwise = True

    def __init__(
        self,
        *,
        teacher_tap="logits",
        student_tap="embedding",
        margin=1.0,
        name="neighbor_contrast",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        checks.not_negative(margin=margin)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.margin = margin

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        if len(shape) != 2:
            raise InputError(
                "Neighbours are told by logits (batch, classes), received "
                f"shape {shape}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        near = self.neighbors(teacher[self.teacher_taps[0]], labels)
        features = flatten(student[self.student_taps[0]])
        # A tap that was flattened has no static width.
        width = ops.cast(ops.shape(features)[-1], features.dtype)
        square = square_distances(features) / width
        gap = ops.maximum(self.margin - safe_sqrt(square), 0.0)
        pairs = ops.where(near, square, ops.square(gap))
        count = ops.shape(pairs)[0]
        # An example is its own neighbour, at no distance.
        others = ops.cast(ops.maximum(count - 1, 1), pairs.dtype)
        return ops.sum(pairs, axis=-1) / others

    def neighbors(self, logits, labels):
        """Returns W as booleans, shape `(batch, batch)`."""
        rows = label_rows(labels, logits, self.name)
        known = ops.sum(rows, axis=-1) > 0
        classes = ops.where(
            known, ops.argmax(rows, axis=-1), ops.argmax(logits, axis=-1)
        )
        return classes[:, None] == classes[None, :]

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "margin": self.margin,
        }
