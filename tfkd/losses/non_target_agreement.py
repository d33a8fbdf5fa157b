"""How alike two networks are in what they say besides the true class."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows

_RELATIONS = ("cooperation", "diversity")
# A logit whose probability is 0.
_NEVER = -1e30


@keras.saving.register_keras_serializable("tfkd")
class NonTargetAgreement(KDLoss):
    """Relation of two predictions without their probability of the label.

    Equation:  p_c = exp(z_c) / sum_(k != y) exp(z_k) for c != y, p_y = 0
               "cooperation": L = 1/2 [ KL(p || p') + KL(p' || p) ], in nats
               "diversity":   L = cos(p, p')
    Symbols:   z, z' (batch, classes) logits of two taps of the student, with
               gradients in both; p, p' as above of z and of z'; y label.
               Without a label all classes count.
    Paper:     Dvornik, Schmid & Mairal, *Diversity with Cooperation: Ensemble
               Methods for Few-Shot Classification*, ICCV 2019,
               arXiv:1903.11341.

    Args:
        first_tap: Name of z.
        second_tap: Name of z'.
        relation: `"cooperation"` makes both alike, `"diversity"` orthogonal.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `relation` is unknown, or the logits are not both of
            the same three or more classes.
    """

    needs_labels = True

    def __init__(
        self,
        *,
        first_tap,
        second_tap,
        relation="cooperation",
        name="non_target",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if relation not in _RELATIONS:
            raise unknown("relation of predictions", relation, _RELATIONS)
        self.relation = relation
        self.student_taps = (first_tap, second_tap)

    def setup(self, teacher, student):
        shapes = [tuple(student[name].shape) for name in self.student_taps]
        classes = {shape[-1] for shape in shapes}
        if any(len(s) != 2 for s in shapes) or len(classes) > 1:
            raise InputError(
                "Two networks agree on logits (batch, classes) of the same "
                f"classes, received shapes {shapes} of {self.student_taps}."
            )
        if classes.pop() < 3:
            raise InputError(
                "Besides the true class there must be at least two others, "
                f"received logits of shapes {shapes}. Take a task of three "
                "classes or more."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = [student[name] for name in self.student_taps]
        rows = label_rows(labels, logits[0], self.name)
        first, second = (_log_others(z, rows) for z in logits)
        p, q = ops.exp(first), ops.exp(second)
        if self.relation == "diversity":
            square = ops.sum(p * p, axis=-1) * ops.sum(q * q, axis=-1)
            # Probabilities of a sum of 1: no square is near 0.
            return ops.sum(p * q, axis=-1) / ops.sqrt(square)
        gap = ops.where(rows > 0, ops.zeros_like(first), first - second)
        return 0.5 * ops.sum((p - q) * gap, axis=-1)

    def get_config(self):
        return {
            **super().get_config(),
            "first_tap": self.student_taps[0],
            "second_tap": self.student_taps[1],
            "relation": self.relation,
        }


def _log_others(logits, rows):
    """Returns log p, far below any logarithm for the true class."""
    hidden = ops.where(rows > 0, _NEVER * ops.ones_like(logits), logits)
    return ops.log_softmax(hidden, axis=-1)
