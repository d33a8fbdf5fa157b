"""Clusters of classes inside each of two domains."""

import keras
from keras import ops

from tfkd.losses.labels import label_rows
from tfkd.losses.neighbor_contrast import NeighborContrast
from tfkd.numerics import flatten
from tfkd.numerics import square_distances


@keras.saving.register_keras_serializable("tfkd")
class DomainClusters(NeighborContrast):
    """Contrast of features over the pairs of each domain of a batch.

    Equation:  L = sum_(D in {S, T}) 1/|D|^2 sum_(i, j in D)
                   [ W_ij d_ij + (1 - W_ij) max(0, m - d_ij) ] ,
               W_ij = 1[c_i = c_j] ,  d_ij = 1/K sum_k (h_ik - h_jk)^2
    Symbols:   S the examples with a label, T those without; h (batch, K) the
               student's features, flattened; c the label in S, argmax of the
               teacher's logits z (batch, classes) in T; m = `margin`, of a
               squared distance. i = j counts, as a pair at no distance.
    Paper:     Deng, Luo & Zhu, *Cluster Alignment with a Teacher for
               Unsupervised Domain Adaptation*, ICCV 2019, arXiv:1903.09980;
               the means of the authors' code.

    Args:
        teacher_tap: Name of z.
        student_tap: Name of h.
        margin: m >= 0.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `margin` is out of range, or z are no logits of one
            class an example.
    """

    def __init__(self, *, name="domain_clusters", **kwargs):
        super().__init__(name=name, **kwargs)

    def values(self, teacher, student, *, labels, index, step):
        logits = teacher[self.teacher_taps[0]]
        features = flatten(student[self.student_taps[0]])
        width = ops.cast(ops.shape(features)[-1], features.dtype)
        square = square_distances(features) / width
        gap = ops.maximum(self.margin - square, 0.0)
        pairs = ops.where(self.neighbors(logits, labels), square, gap)
        rows = label_rows(labels, logits, self.name)
        known = ops.sum(rows, axis=-1) > 0
        together = ops.cast(known[:, None] == known[None, :], pairs.dtype)
        size = ops.sum(together, axis=-1)
        batch = ops.cast(ops.shape(pairs)[0], pairs.dtype)
        # The mean over the batch is the sum of both domains' means.
        return batch * ops.sum(together * pairs, axis=-1) / ops.square(size)
