"""Neighbours by class: anchors, positives and negatives of a batch."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.numerics import safe_sqrt
from tfkd.numerics import square_distances

_MINING = ("all", "hard")


@keras.saving.register_keras_serializable("tfkd")
class TripletMargin(KDLoss):
    """An example lies nearer to its own class than to any other.

    Equation:  L = mean over triplets of max(0, d_ap - d_an + m_apn)
               mining "all":   every p of the class of a, n of another
               mining "hard":  for each a, the farthest p and the nearest n
               with a teacher:  m_apn = m + (M - m) g_apn / max g,
                                g_apn = max(0, t_an - t_ap)
               without:         m_apn = m
    Symbols:   d, t Euclidean distances (squared if `squared`) between
               examples of the student's and of the teacher's tap, flattened,
               of unit length if `normalize`; a anchor, p positive, n
               negative; m = `margin`; M = `largest_margin`; max over the
               batch's triplets.
    Paper:     Schroff et al., *FaceNet*, CVPR 2015, arXiv:1503.03832; hard
               mining: Hermans et al., *In Defense of the Triplet Loss*,
               arXiv:1703.07737; margins of a teacher: Feng et al., *Triplet
               Distillation for Deep Face Recognition*, arXiv:1905.04457.

    The value of an anchor is scaled so that the mean over the batch is the
    mean over its triplets. Labels are class indices; -1 takes part in no
    triplet, and a batch without triplets has the value 0: see
    `tfkd.sources.ClassBatches`. `"all"` takes batch^3 numbers.

    Args:
        student_tap: Name of the student's embedding.
        margin: m >= 0.
        mining: `"hard"` or `"all"`.
        squared: Whether distances are squared.
        normalize: Whether embeddings are made unit vectors.
        teacher_tap: Name of the teacher's embedding, of any width, where it
            sets the margins.
        largest_margin: M >= m, with `teacher_tap` only.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If an argument is out of range, or labels are missing or
            are no class indices.
    """

    needs_labels = True

    pairwise = True

    def __init__(
        self,
        *,
        student_tap="embedding",
        margin=0.1,
        mining="hard",
        squared=False,
        normalize=False,
        teacher_tap=None,
        largest_margin=None,
        name="triplet",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if mining not in _MINING:
            raise unknown("mining of triplets", mining, _MINING)
        largest = margin if largest_margin is None else largest_margin
        if not 0 <= margin <= largest < float("inf"):
            raise InputError(
                "Triplets need finite margins with 0 <= margin <= "
                f"largest_margin, received margin={margin!r}, "
                f"largest_margin={largest_margin!r}."
            )
        if (teacher_tap is None) != (largest_margin is None):
            raise InputError(
                "A teacher sets margins up to the largest one: give "
                "teacher_tap and largest_margin, or neither; received "
                f"{teacher_tap!r} and {largest_margin!r}."
            )
        self.student_taps = (student_tap,)
        self.teacher_taps = () if teacher_tap is None else (teacher_tap,)
        self.margin = margin
        self.largest_margin = largest_margin
        self.mining = mining
        self.squared = squared
        self.normalize = normalize

    def values(self, teacher, student, *, labels, index, step):
        positive, negative = self._pairs(labels)
        distances = self.distances(student[self.student_taps[0]])
        if self.mining == "hard":
            far = ops.where(positive, distances, -1.0)
            near = ops.where(negative, distances, float("inf"))
            count = ops.shape(distances)[0]
            first = ops.one_hot(ops.argmax(far, axis=-1), count)
            second = ops.one_hot(ops.argmin(near, axis=-1), count)
            valid = ops.any(positive, axis=-1) & ops.any(negative, axis=-1)

            def pick(matrix):
                return (
                    ops.sum(matrix * ops.cast(mask, matrix.dtype), axis=-1)
                    for mask in (first, second)
                )
        else:
            valid = positive[:, :, None] & negative[:, None, :]

            def pick(matrix):
                return matrix[:, :, None], matrix[:, None, :]

        own, other = pick(distances)
        margin = self.margin
        if self.teacher_taps:
            theirs = self.distances(teacher[self.teacher_taps[0]])
            own_theirs, other_theirs = pick(theirs)
            margin = self._margins(other_theirs - own_theirs, valid)
        return mean_hinge(own - other + margin, valid)

    def distances(self, tap):
        """Returns the distances `(batch, batch)` of a tap's examples."""
        tap = flatten(tap)
        tap = l2_normalize(tap) if self.normalize else tap
        square = square_distances(tap)
        return square if self.squared else safe_sqrt(square)

    def _margins(self, gaps, valid):
        gaps = ops.where(valid, ops.maximum(gaps, 0.0), 0.0)
        largest = ops.max(gaps)
        share = gaps / ops.where(largest > 0, largest, 1.0)
        return self.margin + (self.largest_margin - self.margin) * share

    def _pairs(self, labels):
        """Which pairs are of one class, and which of two."""
        if labels is None or tuple(labels.shape[1:]) not in ((), (1,)):
            raise InputError(
                f"The loss {self.name!r} needs class indices (batch,), -1 "
                "for unlabelled examples, received labels of shape "
                f"{getattr(labels, 'shape', None)}. Fit on (inputs, labels)."
            )
        labels = ops.reshape(ops.cast(labels, "int32"), (-1,))
        known = labels >= 0
        known = known[:, None] & known[None, :]
        same = labels[:, None] == labels[None, :]
        itself = ops.cast(ops.eye(ops.shape(labels)[0]), "bool")
        return known & same & ~itself, known & ~same

    def get_config(self):
        return {
            **super().get_config(),
            "student_tap": self.student_taps[0],
            "margin": self.margin,
            "mining": self.mining,
            "squared": self.squared,
            "normalize": self.normalize,
            "teacher_tap": self.teacher_taps[0] if self.teacher_taps else None,
            "largest_margin": self.largest_margin,
        }


def mean_hinge(gaps, valid):
    """Returns values `(batch,)` whose mean is that of valid max(0, gap).

    Args:
        gaps: Numbers `(batch, ...)`.
        valid: Which of them count, booleans.
    """
    hinge = ops.where(valid, ops.maximum(gaps, 0.0), ops.zeros_like(gaps))
    count = ops.maximum(ops.sum(ops.cast(valid, gaps.dtype)), 1.0)
    batch = ops.cast(ops.shape(gaps)[0], gaps.dtype)
    return ops.sum(ops.reshape(hinge, (ops.shape(gaps)[0], -1)), -1) * (
        batch / count
    )
