"""Only the teacher's neurons that tell classes apart."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.transforms import Regressor


@keras.saving.register_keras_serializable("tfkd")
class SelectedNeurons(KDLoss):
    """Regression of the teacher's neurons that `select_neurons` picks.

    Equation:  L = 1/2 sum_(i in S) (f_i - r(g)_i)^2
    Symbols:   f (batch, features) the teacher's tap; g the student's; r a
               linear map, trained; S of `count` neurons, chosen in `adapt`.

    Args:
        teacher_tap: Name of f.
        student_tap: Name of g.
        count: Neurons that are picked; half of them if absent.
        redundancy: See `select_neurons`.
        **kwargs: See `KDLoss`.

    Attributes:
        selected: Variable `(features,)`, 1 for neurons in S.

    Raises:
        InputError: If the taps are no vectors, or a number is out of range.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        count=None,
        redundancy=0.5,
        name="selected_neurons",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.count = count
        self.redundancy = redundancy
        self.regressor = Regressor(name="regressor", dtype=self.dtype_policy)

    def setup(self, teacher, student):
        target = tuple(teacher[self.teacher_taps[0]].shape)
        source = tuple(student[self.student_taps[0]].shape)
        if len(target) != 2 or len(source) != 2 or None in target[1:]:
            raise InputError(
                "Neurons are selected from vectors (batch, features), "
                f"received taps of shapes {target} and {source}. Tap the "
                "pooled or flattened features, such as 'embedding'."
            )
        width = target[1]
        count = max(width // 2, 1) if self.count is None else self.count
        if count != int(count) or not 1 <= count <= width:
            raise InputError(
                f"count must be a whole number of 1 to {width}, the neurons "
                f"of the teacher's tap, received {count!r}."
            )
        if not 0 <= self.redundancy < float("inf"):
            raise InputError(
                "redundancy must be finite and >= 0, received "
                f"{self.redundancy!r}."
            )
        self.count = int(count)
        self.selected = self.add_weight(
            (width,), "zeros", trainable=False, name="selected"
        )
        self.regressor.match(target)
        self.regressor.build(source)
        super().setup(teacher, student)

    def adapt(self, taps, labels):
        """Picks the neurons, from the teacher's tap on labelled data."""
        features = taps[self.teacher_taps[0]]
        chosen = select_neurons(features, labels, self.count, self.redundancy)
        selected = np.zeros(features.shape[1], "float32")
        selected[chosen] = 1.0
        self.selected.assign(selected)

    def values(self, teacher, student, *, labels, index, step):
        gap = teacher[self.teacher_taps[0]] - self.regressor(
            student[self.student_taps[0]]
        )
        return 0.5 * ops.sum(self.selected * ops.square(gap), axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "count": self.count,
            "redundancy": self.redundancy,
        }


def select_neurons(features, labels, count, redundancy=0.5):
    """Returns neurons that tell classes apart and repeat each other little.

    Equation:  s_1 = argmax_i u_i,
               s_(k+1) = argmax_i u_i - l mean_(j <= k) |c_(i, s_j)|
    Symbols:   u_i = variance of the class means of neuron i over its whole
               variance, in [0, 1], 0 for one that never changes; c
               correlations; l = `redundancy`.

    Args:
        features: `(examples, neurons)`.
        labels: Class indices `(examples,)`; rows of -1 count nothing.
        count: Neurons to return, the best first.
        redundancy: l >= 0.

    Raises:
        InputError: If fewer than two classes have labels.
    """
    labels = None if labels is None else np.asarray(labels).reshape(-1)
    if labels is None or len(labels) != len(features):
        raise InputError(
            "Neurons are selected by class: one class index an example, "
            f"received {None if labels is None else len(labels)} labels for "
            f"{len(features)} examples. Fit on (inputs, labels)."
        )
    features = np.asarray(features, "float64")[labels >= 0]
    labels = labels[labels >= 0]
    classes = np.unique(labels)
    if len(classes) < 2:
        raise InputError(
            "Neurons are selected by how they tell classes apart: labels of "
            f"at least two are needed, received those of {classes.tolist()}."
        )
    centred = features - features.mean(axis=0)
    deviation = np.sqrt(np.mean(centred**2, axis=0))
    standard = centred / np.where(deviation > 0, deviation, 1.0)
    informative = sum(
        np.mean(labels == c) * standard[labels == c].mean(axis=0) ** 2
        for c in classes
    )
    correlation = np.abs(standard.T @ standard) / len(standard)
    chosen = [int(np.argmax(informative))]
    while len(chosen) < count:
        score = informative - redundancy * correlation[:, chosen].mean(axis=1)
        score[chosen] = -np.inf
        chosen.append(int(np.argmax(score)))
    return np.array(chosen)
