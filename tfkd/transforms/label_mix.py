"""A target between a label and a teacher's prediction."""

import math

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class LabelMix(Transform):
    """Convex combination of a label and a prediction, in log space.

    Equation:  q = l y + (1 - l) softmax(z); softmax(z) without a label
    Symbols:   y (batch, ..., classes) labels as distributions; z logits of
               the same shape; l = `share`. The result is log q.

    Args:
        share: l in [0, 1), the part of the label.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `share` is out of range.
    """

    def __init__(self, share=0.5, **kwargs):
        super().__init__(**kwargs)
        if not 0 <= share < 1:
            raise InputError(
                "The label's share of a mixed target must be in [0, 1), "
                f"received {share!r}. With 1 the teacher would say nothing: "
                "train on the labels alone."
            )
        self.share = float(share)

    def call(self, logits, labels):
        """Returns log-probabilities.

        Args:
            logits: z.
            labels: y, zeros where there is no label.
        """
        log_q = ops.log_softmax(logits, axis=-1)
        if self.share == 0:
            return log_q
        rest = math.log1p(-self.share) + log_q
        named = labels > 0
        safe = ops.where(named, labels, ops.ones_like(labels))
        mixed = ops.logaddexp(math.log(self.share) + ops.log(safe), rest)
        mixed = ops.where(named, mixed, rest)
        labelled = ops.sum(labels, axis=-1, keepdims=True) > 0
        return ops.where(labelled, mixed, log_q)

    def get_config(self):
        return {**super().get_config(), "share": self.share}
