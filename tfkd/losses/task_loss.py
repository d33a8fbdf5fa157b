"""The task's own loss on a further output of the network."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.labels import label_rows
from tfkd.numerics import per_example


@keras.saving.register_keras_serializable("tfkd")
class TaskLoss(KDLoss):
    """Cross-entropy of labels and the logits at a tap.

    For exits, branches and peers; the student's own output has the loss that
    is compiled. Examples (or pixels) of label -1 count nothing.

    Equation:  L = w_y H(y, softmax(z)), mean over positions of dense maps
    Symbols:   y integer labels (batch, ...) or one-hot (batch, ..., classes);
               z (batch, ..., classes) logits; w `class_weights`, 1 if absent,
               or N / (C n_c) where n_c of the batch's N labelled positions
               are of class c, one of C that occur. In nats.

    Args:
        student_tap: Name of z.
        class_weights: w, one number >= 0 a class, or `"balanced"` for the
            inverse of how often each class occurs in the batch.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `class_weights` are no such numbers.
    """

    needs_labels = True

    def __init__(
        self, *, student_tap, class_weights=None, name="task", **kwargs
    ):
        super().__init__(name=name, **kwargs)
        self.student_taps = (student_tap,)
        self.class_weights = _checked(class_weights)

    def setup(self, teacher, student):
        classes = student[self.student_taps[0]].shape[-1]
        given = self.class_weights
        if isinstance(given, tuple) and len(given) != classes:
            raise InputError(
                f"class_weights must be one number for each of the {classes} "
                f"classes, received {given}."
            )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        logits = student[self.student_taps[0]]
        log_p = ops.log_softmax(logits, axis=-1)
        # A row without label is all zeros: the example counts nothing.
        target = label_rows(labels, log_p, self.name)
        if self.class_weights is not None:
            target = target * self._weights(target)
        return per_example(-ops.sum(target * log_p, axis=-1))

    def _weights(self, target):
        """One number a class."""
        if self.class_weights != "balanced":
            return ops.convert_to_tensor(self.class_weights, target.dtype)
        axes = tuple(range(len(target.shape) - 1))
        counts = ops.sum(target, axis=axes)
        occur = ops.sum(ops.cast(counts > 0, target.dtype))
        # A class that does not occur multiplies nothing.
        safe = ops.where(counts > 0, counts, ops.ones_like(counts))
        return ops.sum(counts) / (ops.maximum(occur, 1.0) * safe)

    def get_config(self):
        return {
            **super().get_config(),
            "student_tap": self.student_taps[0],
            "class_weights": self.class_weights,
        }


def _checked(weights):
    if weights is None or weights == "balanced":
        return weights
    try:
        found = tuple(float(weight) for weight in weights)
    except (TypeError, ValueError):
        found = (float("nan"),)
    if not all(0 <= weight < float("inf") for weight in found):
        raise InputError(
            "class_weights must be 'balanced', or one finite number >= 0 a "
            f"class, received {weights!r}."
        )
    return found
