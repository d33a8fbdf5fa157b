"""Examples of classes that nobody has seen, made of those that were."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class VirtualClasses(KDLoss):
    """Cross-entropy of virtual features of classes without examples.

    Equation:  a_u = argmin_a 1/2 ||A_u - sum_s a_s A_s||_2^2 + l ||a||_1
               v = sum_s a_us m_s + d * n,  n ~ N(0, I)
               L = -log softmax(head(v))_u, u drawn for each example
    Symbols:   A_k attributes of class k; u unseen, s seen classes; m_s
               (features) mean of the teacher's tap over class s, d its
               standard deviation within classes, both from `adapt`; head the
               student's classifier; l = `penalty`. In nats.
    Paper:     Wang et al., *Relational Knowledge Transfer for Zero-Shot
               Learning*, AAAI 2016.

    Nothing but the number of examples is read of a batch.

    Args:
        teacher_tap: Name of the teacher's vector, as wide as what the head
            receives.
        head: Layer from such vectors to logits of all classes: a part of
            the student, which trains and saves it.
        attributes: A, one row a class, as many columns as attributes.
        unseen: The classes u.
        penalty: l >= 0.
        seed: Of u and n.
        **kwargs: See `KDLoss`.

    Attributes:
        relations: a, an array `(unseen, seen)`.
        seen: The classes s.

    Raises:
        InputError: If attributes, classes and head do not fit each other.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        head,
        attributes,
        unseen,
        penalty=0.1,
        seed=0,
        name="virtual_classes",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.attributes = _matrix(attributes)
        classes = range(len(self.attributes))
        self.unseen = tuple(int(u) for u in unseen)
        self.seen = tuple(k for k in classes if k not in self.unseen)
        if (
            not self.unseen
            or not self.seen
            or len(set(self.unseen)) != len(self.unseen)
            or not set(self.unseen) < set(classes)
        ):
            raise InputError(
                "unseen must name some of the classes 0 to "
                f"{len(self.attributes) - 1} once, and not all, received "
                f"{unseen!r}."
            )
        if not 0 <= penalty < float("inf"):
            raise InputError(
                f"penalty must be finite and >= 0, received {penalty!r}."
            )
        self.relations = sparse_code(
            self.attributes[list(self.seen)],
            self.attributes[list(self.unseen)],
            penalty,
        )
        self.generator = keras.random.SeedGenerator(seed)
        self._untracked = Untracked(head=head)

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        kernel = tuple(self._untracked.head.kernel.shape)
        if shape[1:] != kernel[:1] or kernel[-1] != len(self.attributes):
            raise InputError(
                "The student's classifier must map the teacher's "
                f"{self.teacher_taps[0]!r} to the {len(self.attributes)} "
                f"classes that have attributes, received a tap of shape "
                f"{shape} and a kernel of shape {kernel}. Give the student "
                "an embedding as wide as the teacher's, and a row of "
                "attributes for each of its classes."
            )
        self.centres = self.add_weight(
            (len(self.unseen), shape[1]),
            "zeros",
            trainable=False,
            name="centres",
        )
        self.deviation = self.add_weight(
            (shape[1],), "zeros", trainable=False, name="deviation"
        )
        super().setup(teacher, student)

    def adapt(self, taps, labels):
        """Takes means and deviation of the seen classes.

        Raises:
            InputError: If a seen class has no example.
        """
        features = np.asarray(taps[self.teacher_taps[0]], "float64")
        labels = np.full(len(features), -1) if labels is None else labels
        labels = np.asarray(labels).reshape(-1)
        missing = sorted(set(self.seen) - set(labels.tolist()))
        if missing:
            raise InputError(
                "Every seen class needs an example with its label, received "
                f"none of {missing}. Name them in `unseen`, or add data."
            )
        groups = [features[labels == s] for s in self.seen]
        means = np.stack([group.mean(axis=0) for group in groups])
        rest = [group - mean for group, mean in zip(groups, means)]
        self.centres.assign(self.relations @ means)
        self.deviation.assign(np.sqrt(np.mean(np.concatenate(rest) ** 2, 0)))

    def values(self, teacher, student, *, labels, index, step):
        count = ops.shape(teacher[self.teacher_taps[0]])[0]
        drawn = keras.random.randint(
            (count,), 0, len(self.unseen), seed=self.generator
        )
        noise = keras.random.normal(
            (count, self.deviation.shape[0]), seed=self.generator
        )
        features = ops.take(self.centres, drawn, axis=0)
        features = features + self.deviation * noise
        logits = ops.cast(self._untracked.head(features), self.compute_dtype)
        classes = ops.take(ops.convert_to_tensor(self.unseen), drawn)
        log_q = ops.log_softmax(logits, axis=-1)
        target = ops.one_hot(classes, log_q.shape[-1], dtype=log_q.dtype)
        return -ops.sum(target * log_q, axis=-1)


def sparse_code(dictionary, targets, penalty, sweeps=1000):
    """Returns sparse combinations of some rows that resemble others.

    Equation:  a = argmin_a 1/2 ||t - sum_s a_s d_s||_2^2 + l ||a||_1,
               by cyclic descent over the coordinates

    Args:
        dictionary: d, `(rows, features)`.
        targets: t, `(targets, features)`.
        penalty: l >= 0.
        sweeps: Over all coordinates, at most.

    Returns:
        a, `(targets, rows)`.
    """
    gram = dictionary @ dictionary.T
    along = targets @ dictionary.T
    code = np.zeros_like(along)
    for _ in range(sweeps):
        before = code.copy()
        for row in np.flatnonzero(np.diag(gram) > 0):
            own = gram[row, row]
            rest = along[:, row] - code @ gram[:, row] + code[:, row] * own
            size = np.maximum(np.abs(rest) - penalty, 0.0)
            code[:, row] = np.sign(rest) * size / own
        if np.max(np.abs(code - before)) < 1e-10:
            break
    return code


def _matrix(attributes):
    """Attributes as an array, checked."""
    try:
        matrix = np.array(attributes, "float64")
    except (TypeError, ValueError):
        matrix = np.zeros(0)
    if matrix.ndim != 2 or not matrix.size or not np.all(np.isfinite(matrix)):
        raise InputError(
            "attributes must be finite numbers, one row a class and one "
            f"column an attribute, received {attributes!r}."
        )
    return matrix
