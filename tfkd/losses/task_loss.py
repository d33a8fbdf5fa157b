"""The task's own loss on a further output of the network."""

import keras
from keras import ops

from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class TaskLoss(KDLoss):
    """Cross-entropy of labels and the logits at a tap.

    For exits, branches and peers; the student's own output has the loss that
    is compiled. Examples (or pixels) of label -1 count nothing.

    Equation:  L = H(y, softmax(z)), mean over positions of dense maps
    Symbols:   y integer labels (batch, ...) or one-hot (batch, ..., classes);
               z (batch, ..., classes) logits. In nats.

    Args:
        student_tap: Name of z.
        **kwargs: See `KDLoss`.
    """

    needs_labels = True

    def __init__(self, *, student_tap, name="task", **kwargs):
        super().__init__(name=name, **kwargs)
        self.student_taps = (student_tap,)

    def values(self, teacher, student, *, labels, index, step):
        logits = student[self.student_taps[0]]
        log_p = ops.log_softmax(logits, axis=-1)
        # A row without label is all zeros: the example counts nothing.
        target = label_rows(labels, log_p, self.name)
        return per_example(-ops.sum(target * log_p, axis=-1))

    def get_config(self):
        return {**super().get_config(), "student_tap": self.student_taps[0]}
