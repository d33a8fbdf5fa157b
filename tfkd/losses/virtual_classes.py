"""Examples of classes that nobody has seen, made of those that were."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd import taps
from tfkd.losses.base import KDLoss
from tfkd.losses.class_attributes import ClassAttributes
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
        self.classes = ClassAttributes(attributes, unseen)
        self.unseen, self.seen = self.classes.unseen, self.classes.seen
        checks.not_negative(penalty=penalty)
        self.relations = sparse_code(
            self.classes.matrix[list(self.seen)],
            self.classes.matrix[list(self.unseen)],
            penalty,
        )
        self.generator = keras.random.SeedGenerator(seed)
        self._untracked = Untracked(head=head)

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        self.classes.check_head(
            self.teacher_taps[0], shape, self._untracked.head
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
        groups = self.classes.by_class(taps[self.teacher_taps[0]], labels)
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
        logits = taps.class_logits(self._untracked.head, features)
        logits = ops.cast(logits, self.compute_dtype)
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
