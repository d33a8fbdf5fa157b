"""Hardened targets of examples that lie far inside a cluster."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize

# Below every cosine, and every difference of two.
_NONE = -3.0
# ln 0, finite.
_NEVER = -1e9


@keras.saving.register_keras_serializable("tfkd")
class ClusterDifferenceTargets(KDLoss):
    """Soft targets and the teacher's answer, where the teacher can be trusted.

    Equation:  L = 1[MCD(h) >= m] T^2 KL((1 - l) y + l softmax(z_t / T)
                                         || softmax(z_s / T))
               MCD(h) = cos(c_1, h) - cos(c_2, h)
    Symbols:   z_t, z_s (batch, classes) logits; y the one-hot row of the
               largest z_t; h (batch, ...) the teacher's features, flattened;
               c_k the mean feature of the examples that the teacher takes
               for class k, and c_1, c_2 the two nearest h by cosine, so that
               for two classes MCD = |cos(c_0, h) - cos(c_1, h)|; m such that
               n = `examples` of the data that `adapt` saw are counted, and
               all where there are no more; T = `temperature`; l =
               `soft_share`. In nats.
    Paper:     Ruder, Ghaffari & Breslin, *Knowledge Adaptation: Teaching to
               Adapt*, 2017, arXiv:1702.02052, Eqns 4 and 5.

    Args:
        examples: n >= 1.
        soft_share: l in [0, 1].
        temperature: T > 0, a number or schedule.
        feature_tap: Name of h.
        teacher_tap: Name of z_t.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Attributes:
        centroids: Variable `(classes, features)`, zeros where the teacher
            gives no example the class.
        least: Variable, m.

    Raises:
        InputError: If a number is out of range, the size of h is unknown, or
            the logits are not of the same classes.
    """

    def __init__(
        self,
        *,
        examples=500,
        soft_share=0.2,
        temperature=5.0,
        feature_tap="logits:input",
        teacher_tap="logits",
        student_tap="logits",
        name="cluster_difference_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        checks.whole(1, examples=examples)
        if not 0 <= soft_share <= 1:
            raise InputError(
                "soft_share must be in [0, 1], the part of soft targets in "
                f"the pseudo-labels, received {soft_share!r}."
            )
        self.examples = int(examples)
        self.soft_share = float(soft_share)
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        self.teacher_taps = (teacher_tap, feature_tap)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        logits, features = (tuple(teacher[n].shape) for n in self.teacher_taps)
        own = tuple(student[self.student_taps[0]].shape)
        if len(logits) != 2 or not compatible(logits, own):
            raise InputError(
                "Teacher and student must score the same classes of whole "
                f"examples, received logits of shapes {logits} and {own}."
            )
        if None in features[1:]:
            raise InputError(
                "Clusters are made of features of a known size, received a "
                f"tap of shape {features}. Pool the tap, or build the teacher "
                "with a fixed input size."
            )
        self.centroids = self.add_weight(
            (logits[-1], int(np.prod(features[1:]))),
            "zeros",
            trainable=False,
            name="centroids",
        )
        self.least = self.add_weight((), "zeros", trainable=False, name="least")
        super().setup(teacher, student)

    def adapt(self, taps, labels):
        """Finds the centroids and m; labels are not read.

        Raises:
            InputError: If the teacher takes all examples for one class.
        """
        logits, features = (np.asarray(taps[n]) for n in self.teacher_taps)
        answers = np.argmax(logits, axis=-1)
        found = np.unique(answers)
        if len(found) < 2:
            raise InputError(
                "Clusters need examples of at least two classes, and the "
                f"teacher takes all {len(answers)} for class {found}. Pass "
                "more data, or train the teacher longer."
            )
        rows = features.reshape(len(features), -1).astype("float64")
        centroids = np.zeros(self.centroids.shape)
        for label in found:
            centroids[label] = rows[answers == label].mean(axis=0)
        self.centroids.assign(centroids)
        sizes = np.sort(ops.convert_to_numpy(self.difference(features)))[::-1]
        # Between two examples, so that rounding moves none across.
        sizes = np.append(sizes, _NONE)
        count = min(self.examples, len(rows))
        self.least.assign((sizes[count - 1] + sizes[count]) / 2)

    def difference(self, features):
        """Returns MCD of each example, `(batch,)`."""
        rows = flatten(ops.cast(features, self.compute_dtype))
        centroids = ops.convert_to_tensor(self.centroids)
        cosines = ops.matmul(
            l2_normalize(rows), ops.transpose(l2_normalize(centroids))
        )
        some = ops.any(ops.not_equal(centroids, 0), axis=-1)
        two = ops.top_k(ops.where(some, cosines, _NONE), 2)[0]
        return two[:, 0] - two[:, 1]

    def values(self, teacher, student, *, labels, index, step):
        logits, features = (teacher[name] for name in self.teacher_taps)
        temperature = ops.cast(self.temperature(step), self.compute_dtype)
        log_p = ops.log_softmax(logits / temperature, axis=-1)
        soft = log_p + _log(self.soft_share)
        best = ops.one_hot(
            ops.argmax(logits, axis=-1), log_p.shape[-1], dtype=log_p.dtype
        )
        hard = ops.logaddexp(soft, _log(1.0 - self.soft_share))
        target = ops.where(best > 0, hard, soft)
        own = student[self.student_taps[0]] / temperature
        kept = ops.cast(self.difference(features) >= self.least, own.dtype)
        return kept * ops.square(temperature) * softmax_kl(target, own)

    def get_config(self):
        return {
            **super().get_config(),
            "examples": self.examples,
            "soft_share": self.soft_share,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
            "feature_tap": self.teacher_taps[1],
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
        }


def _log(share):
    return float(np.log(share)) if share > 0 else _NEVER
