"""Clusters of the teacher's features as classes."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import require_scikit_learn
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize


@keras.saving.register_keras_serializable("tfkd")
class ClusterTargets(KDLoss):
    """Cross-entropy of the cluster that the teacher's features belong to.

    Equation:  L = -log softmax(z)_k,  k = argmin_j ||f - c_j||_2
    Symbols:   f (batch, features) the teacher's tap, flattened, of unit
               length if `normalize`; c (`clusters`, features) the centres,
               by k-means in `adapt`; z (batch, `clusters`) the student's
               logits. In nats.

    Args:
        teacher_tap: Name of f.
        student_tap: Name of z, whose width is the number of clusters.
        normalize: Whether features are clustered by direction alone.
        seed: Of k-means.
        **kwargs: See `KDLoss`.

    Attributes:
        centres: Variable of shape `(clusters, features)`.

    Raises:
        InputError: If the size of f is unknown, or z are no such logits.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        normalize=False,
        seed=0,
        name="cluster_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.normalize = normalize
        self.seed = seed

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        if None in shape[1:]:
            raise InputError(
                "Features are clustered that have a known size, received a "
                f"tap of shape {shape}. Pool the tap, or build the model "
                "with a fixed input size."
            )
        own = tuple(student[self.student_taps[0]].shape)
        if len(own) != 2:
            raise InputError(
                "Clusters are classes of whole examples, scored by logits "
                f"(batch, clusters), received a tap of shape {own}. Pool it."
            )
        clusters = own[-1]
        self.centres = self.add_weight(
            (clusters, int(np.prod(shape[1:]))),
            "zeros",
            trainable=False,
            name="centres",
        )
        super().setup(teacher, student)

    def adapt(self, taps, labels):
        """Clusters the teacher's features; labels are not read.

        Raises:
            InputError: If there are fewer examples than clusters, or
                scikit-learn is not installed.
        """
        require_scikit_learn("k-means")
        from sklearn import cluster

        features = ops.convert_to_numpy(
            self._features(ops.convert_to_tensor(taps[self.teacher_taps[0]]))
        )
        clusters = self.centres.shape[0]
        if len(features) < clusters:
            raise InputError(
                f"{clusters} clusters need as many examples, received "
                f"{len(features)}. Pass a smaller number of clusters."
            )
        found = cluster.KMeans(clusters, n_init=4, random_state=self.seed)
        self.centres.assign(found.fit(features).cluster_centers_)

    def values(self, teacher, student, *, labels, index, step):
        clusters = self.assign(teacher[self.teacher_taps[0]])
        log_q = ops.log_softmax(student[self.student_taps[0]], axis=-1)
        target = ops.one_hot(clusters, log_q.shape[-1], dtype=log_q.dtype)
        return -ops.sum(target * log_q, axis=-1)

    def assign(self, tap):
        """Returns the number of each example's nearest centre, `(batch,)`."""
        # ||f||^2 is the same for all centres.
        gaps = ops.sum(ops.square(self.centres), axis=-1) - 2.0 * ops.matmul(
            self._features(tap), ops.transpose(self.centres)
        )
        return ops.argmin(gaps, axis=-1)

    def _features(self, tap):
        features = flatten(ops.cast(tap, self.compute_dtype))
        return l2_normalize(features) if self.normalize else features

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "normalize": self.normalize,
            "seed": self.seed,
        }
