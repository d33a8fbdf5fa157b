"""Words of two views in common groups, in which one view teaches."""

import keras
import numpy as np
from keras import ops

from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.errors import require_scikit_learn
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class BilingualWords(KDLoss):
    """The student's classifier learns from the teacher's view, in groups.

    Equation:  L = T^2 KL(softmax(z_t / T) || softmax(h(w_t M_t) / T))
               E = sum over pairs of w_t w_s^T
               (M_t, M_s) = partition of the bipartite graph E in k groups
               of small normalized cut, see `co_clusters`
    Symbols:   w_t, w_s (batch, words) how often a word occurs in the view of
               teacher and student; z_t the teacher's logits; h the student's
               classifier of groups; T = `temperature`. In nats.
    Paper:     Liu et al., *Cross-View Action Recognition via View Knowledge
               Transfer*, CVPR 2011.

    `adapt` gives the student its M_s. Words that no pair has are of no
    group.

    Args:
        teacher_tap: Name of w_t.
        student_tap: Name of w_s.
        groups: The student's `tfkd.models.bag_of_words.WordGroups`.
        head: h, a layer of the student, which trains and saves it.
        teacher_logits: Name of z_t.
        temperature: T > 0, a number or schedule.
        seed: Of the partition.
        **kwargs: See `KDLoss`.

    Attributes:
        membership: M_t, a variable of shape `(words, groups)`.

    Raises:
        InputError: If taps do not fit the student.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        groups,
        head,
        teacher_logits="logits",
        temperature=1.0,
        seed=0,
        name="bilingual_words",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap, teacher_logits)
        self.student_taps = (student_tap,)
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        self.seed = seed
        self._untracked = Untracked(groups=groups, head=head)

    def setup(self, teacher, student):
        words, logits = (tuple(teacher[n].shape) for n in self.teacher_taps)
        own = tuple(student[self.student_taps[0]].shape)
        membership = tuple(self._untracked.groups.membership.shape)
        classes = (None, self._untracked.head.kernel.shape[-1])
        if (
            len(words) != 2
            or own != (None, membership[0])
            or not compatible(logits, classes)
        ):
            raise InputError(
                "Bilingual words need a bag of words of the teacher, that "
                "which the student groups, and as many classes of both; "
                f"received a teacher's tap of shape {words} and logits of "
                f"{logits}, a student's tap of {own}, groups of "
                f"{membership[0]} words and {classes[-1]} classes."
            )
        self.membership = self.add_weight(
            (words[-1], membership[-1]),
            "zeros",
            trainable=False,
            name="membership",
        )
        super().setup(teacher, student)

    def adapt_to_both(self, teacher, student, labels):
        """Groups the words of both views; labels are not read.

        Raises:
            InputError: If the pairs have too few words, or scikit-learn is
                not installed.
        """
        theirs = np.asarray(teacher[self.teacher_taps[0]], "float64")
        own = np.asarray(student[self.student_taps[0]], "float64")
        groups = self.membership.shape[-1]
        rows, columns = co_clusters(theirs.T @ own, groups, self.seed)
        self.membership.assign(_one_hot(rows, groups))
        self._untracked.groups.membership.assign(_one_hot(columns, groups))

    def values(self, teacher, student, *, labels, index, step):
        words, logits = (
            ops.cast(teacher[n], self.compute_dtype) for n in self.teacher_taps
        )
        found = self._untracked.head(ops.matmul(words, self.membership))
        found = ops.cast(found, self.compute_dtype)
        temperature = ops.cast(self.temperature(step), self.compute_dtype)
        kl = softmax_kl(logits, found, temperature)
        return per_example(ops.square(temperature) * kl)


def co_clusters(edges, groups, seed=0):
    """Parts a bipartite graph into groups with few edges between them.

    Equation:  k-means of the rows of [D_r^-1/2 U; D_c^-1/2 V], U and V the
               ceil(log2 k) singular vectors after the first of
               D_r^-1/2 E D_c^-1/2
    Symbols:   E (rows, columns) weights of edges; D_r, D_c sums of its rows
               and columns; k = `groups`.
    Paper:     Dhillon, *Co-clustering Documents and Words using Bipartite
               Spectral Graph Partitioning*, KDD 2001.

    Args:
        edges: E >= 0.
        groups: k >= 2.
        seed: Of k-means.

    Returns:
        The group of every row and of every column; -1 without edges.

    Raises:
        InputError: If fewer rows or columns have edges than there are
            groups, or scikit-learn is not installed.
    """
    require_scikit_learn("Spectral co-clustering")
    from sklearn import cluster

    rows, columns = edges.sum(axis=1) > 0, edges.sum(axis=0) > 0
    if min(rows.sum(), columns.sum()) < groups:
        raise InputError(
            f"{groups} groups need as many words of each view that occur in "
            f"pairs, received {rows.sum()} and {columns.sum()}. Adapt the "
            "vocabularies, show more pairs, or pass fewer groups."
        )
    model = cluster.SpectralCoclustering(groups, n_init=4, random_state=seed)
    model.fit(edges[np.ix_(rows, columns)])
    found = []
    for exist, part in (
        (rows, model.row_labels_),
        (columns, model.column_labels_),
    ):
        every = np.full(len(exist), -1)
        every[exist] = part
        found.append(every)
    return tuple(found)


def _one_hot(numbers, count):
    """Rows of zeros where a number is -1."""
    return (numbers[:, None] == np.arange(count)).astype("float32")
