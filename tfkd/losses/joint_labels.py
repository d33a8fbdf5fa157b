"""Labels of a class and of a view as one."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows


@keras.saving.register_keras_serializable("tfkd")
class JointLabels(KDLoss):
    """Cross-entropy of every view's pair of class and view.

    Equation:  L = -1/M sum_j log softmax(z_j)_(y, j)
    Symbols:   z_j (batch, classes, M) logits of view j of M, its softmax
               over classes and views; y integer labels (batch,), -1 for
               none, or distributions (batch, classes). In nats.
    Paper:     Lee, Hwang & Shin, *Self-supervised Label Augmentation via
               Input Transformations*, ICML 2020, arXiv:1910.05872.

    Args:
        student_tap: Name of the z_j, stacked to (batch, M, classes, M).
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If the tap has another shape.
    """

    needs_labels = True

    def __init__(self, *, student_tap, name="joint_labels", **kwargs):
        super().__init__(name=name, **kwargs)
        self.student_taps = (student_tap,)

    def setup(self, teacher, student):
        shape = tuple(student[self.student_taps[0]].shape)
        if len(shape) != 4 or shape[1] != shape[3]:
            raise InputError(
                "Joint labels need logits (batch, views, classes, views), "
                f"received shape {shape}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        z = student[self.student_taps[0]]
        log_p = z - ops.logsumexp(z, axis=(2, 3), keepdims=True)
        own = ops.cast(ops.eye(z.shape[1])[:, None, :], z.dtype)
        # (batch, classes): the mean over views of their own labels.
        log_p = ops.sum(log_p * own, axis=(1, 3)) / z.shape[1]
        rows = label_rows(labels, log_p, self.name)
        return -ops.sum(rows * log_p, axis=-1)

    def get_config(self):
        return {**super().get_config(), "student_tap": self.student_taps[0]}
