"""A target between a label and a teacher, as far as the teacher knows it."""

import keras
from keras import ops

from tfkd.transforms.base import Transform

# Logarithm of a probability of 0.
_NEVER = -1e30


@keras.saving.register_keras_serializable("tfkd")
class ConfidentLabelMix(Transform):
    """Mix of a label and a prediction, weighted by the label's probability.

    Equation:  q = w softmax(z) + (1 - w) y ,  w = softmax(z)_y; softmax(z)
               without a label
    Symbols:   z (batch, ..., classes) logits; y labels, one-hot rows of the
               same shape. The result is log q.
    Paper:     Meng, Li, Gaur & Gong, *Domain Adaptation via Teacher-Student
               Learning for End-to-End Speech Recognition*, ASRU 2019,
               arXiv:2001.01798.
    """

    def call(self, logits, labels):
        """Returns log-probabilities.

        Args:
            logits: z.
            labels: y, zeros where there is no label.
        """
        log_p = ops.log_softmax(logits, axis=-1)
        true = labels > 0
        never = _NEVER * ops.ones_like(log_p)
        known = ops.any(true, axis=-1, keepdims=True)
        log_w = _log_sum(ops.where(true, log_p, never))
        # 1 - w from the other classes: no difference of numbers near 1.
        log_rest = _log_sum(ops.where(true, never, log_p))
        mixed = log_w + log_p
        mixed = ops.where(true, ops.logaddexp(mixed, log_rest), mixed)
        return ops.where(known, mixed, log_p)


def _log_sum(x):
    return ops.logsumexp(x, axis=-1, keepdims=True)
