"""A teacher's answer as a label."""

import keras
from keras import ops

from tfkd.transforms.base import Transform

# Of a class that is not the answer; exp of it is 0.
_NEVER = -1e4


@keras.saving.register_keras_serializable("tfkd")
class HardTargets(Transform):
    """Logits whose softmax is 1 for the largest class, and 0 for the others.

    A divergence from them is the cross-entropy of the pseudo-label.

    Symbols:   z (batch, ..., classes) logits. Where two classes score the
               same, the first is the answer.
    """

    def call(self, logits, labels=None):
        """Returns logits of the same shape; labels are not read."""
        answer = ops.argmax(logits, axis=-1)
        count = logits.shape[-1]
        return _NEVER * (1.0 - ops.one_hot(answer, count, dtype=logits.dtype))
