"""Labels that a network learns: what is like the true class."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example

# A logit that no softmax notices, and that stays finite.
_NEVER = -1e30


@keras.saving.register_keras_serializable("tfkd")
class ResidualLabels(KDLoss):
    """Each class has a learned distribution over the others.

    Equation:  L = KL(r_y || s_y),  r_y = softmax_(c != y) R_(y, c),
               s_y = softmax_(c != y) z_c; 0 without a label; the mean over
               positions of dense maps. In nats.
    Symbols:   z (batch, ..., classes) logits; y labels; R (classes, classes)
               trained with the network, zeros at first: all other classes
               are alike then.

    Args:
        student_tap: Name of z.
        **kwargs: See `KDLoss`.

    Attributes:
        residuals: R, a variable, after `setup`.

    Raises:
        InputError: If there are fewer than three classes.
    """

    needs_labels = True

    def __init__(
        self, *, student_tap="logits", name="residual_labels", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        classes = student[self.student_taps[0]].shape[-1]
        if classes is None or classes < 3:
            raise InputError(
                "Residual labels are distributions over the classes that are "
                f"not true, at least two; received {classes} classes."
            )
        self.residuals = self.add_weight(
            (classes, classes), "zeros", name="residuals"
        )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = student[self.student_taps[0]]
        rows = label_rows(labels, logits, self.name)
        labelled = ops.cast(ops.sum(rows, axis=-1) > 0, logits.dtype)
        true = ops.one_hot(
            ops.argmax(rows, axis=-1), logits.shape[-1], dtype=logits.dtype
        )
        residual = ops.matmul(true, self.residuals)
        log_r, log_s = (
            ops.log_softmax(
                ops.where(true > 0, ops.full_like(x, _NEVER), x), axis=-1
            )
            for x in (residual, logits)
        )
        gap = ops.where(true > 0, ops.zeros_like(log_r), log_r - log_s)
        return per_example(labelled * ops.sum(ops.exp(log_r) * gap, axis=-1))

    def get_config(self):
        return {**super().get_config(), "student_tap": self.student_taps[0]}
