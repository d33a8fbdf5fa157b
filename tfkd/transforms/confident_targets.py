"""Which examples a teacher is asked about."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class ConfidentTargets(Transform):
    """1 where a teacher's target counts, else 0.

    Equation:  w = 1[max softmax(z) >= m], and 0 for examples with a label
               where only the others count
    Symbols:   z (batch, ..., classes) logits; m = `threshold`. The result is
               (batch, ...).

    Args:
        threshold: m in [0, 1).
        unlabelled_only: Whether labelled examples count nothing.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `threshold` is out of range.
    """

    def __init__(self, threshold=0.3, unlabelled_only=False, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= threshold < 1:
            raise InputError(
                "The confidence that a target needs must be in [0, 1), "
                f"received {threshold!r}. With 0 every target counts."
            )
        self.threshold = float(threshold)
        self.unlabelled_only = bool(unlabelled_only)

    def call(self, logits, labels):
        """Returns w.

        Args:
            logits: z.
            labels: Rows of the same shape, zeros where there is no label.
        """
        confidence = ops.max(ops.softmax(logits, axis=-1), axis=-1)
        weight = ops.cast(confidence >= self.threshold, logits.dtype)
        if self.unlabelled_only:
            missing = ops.sum(labels, axis=-1) == 0
            weight = weight * ops.cast(missing, logits.dtype)
        return weight

    def get_config(self):
        return {
            **super().get_config(),
            "threshold": self.threshold,
            "unlabelled_only": self.unlabelled_only,
        }
