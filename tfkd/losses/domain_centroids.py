"""Each class has the same centre in two domains."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import flatten


@keras.saving.register_keras_serializable("tfkd")
class DomainCentroids(KDLoss):
    """Squared distance between the centres of a class in two domains.

    Equation:  L = mean_k 1/K sum_f (a_kf - b_kf)^2 ,
               a_k = mean_(i in S, c_i = k) h_i ,
               b_k = mean_(i in T, c_i = k) h_i
    Symbols:   S the examples with a label, T those without; h (batch, K) the
               student's features, flattened; c the label in S, argmax of the
               teacher's logits z (batch, classes) in T; k the classes that
               both S and T have in the batch. One value for the batch, given
               to each example; 0 where they have no class in common.
    Paper:     Deng, Luo & Zhu, *Cluster Alignment with a Teacher for
               Unsupervised Domain Adaptation*, ICCV 2019, arXiv:1903.09980;
               the means over k and f of the authors' code.

    Args:
        teacher_tap: Name of z.
        student_tap: Name of h.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If z are no logits of one class an example.
    """

    needs_labels = True
    pairwise = True

    def __init__(
        self,
        *,
        teacher_tap="logits",
        student_tap="embedding",
        name="domain_centroids",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        if len(shape) != 2:
            raise InputError(
                "Centres belong to the classes of logits (batch, classes), "
                f"received shape {shape}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = teacher[self.teacher_taps[0]]
        features = flatten(student[self.student_taps[0]])
        source = ops.cast(label_rows(labels, logits, self.name), features.dtype)
        guess = ops.one_hot(
            ops.argmax(logits, axis=-1), logits.shape[-1], dtype=features.dtype
        )
        target = guess * (1.0 - ops.sum(source, axis=-1, keepdims=True))
        # Centres of the classes of the source's examples: of all classes
        # they would be too many.
        first, count = _centres(source, source, features)
        second, other = _centres(source, target, features)
        both = ops.cast(ops.logical_and(count > 0, other > 0), features.dtype)
        # Each class once, of however many examples.
        share = both / ops.maximum(count, 1.0)
        gap = ops.mean(ops.square(first - second), axis=-1)
        value = ops.sum(share * gap) / ops.maximum(ops.sum(share), 1.0)
        return value * ops.ones_like(features[:, 0])

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }


def _centres(rows, members, features):
    """Returns mean features of members of each row's class, and their number.

    Args:
        rows: Classes `(batch, classes)`, 1 or 0.
        members: Likewise.
        features: `(batch, K)`.
    """
    same = ops.matmul(rows, ops.transpose(members))
    count = ops.sum(same, axis=-1)
    total = ops.matmul(same, features)
    return total / ops.maximum(count, 1.0)[:, None], count
