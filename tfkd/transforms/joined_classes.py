"""Teachers' logits side by side, as one classifier of all their classes."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.transforms.base import Transform
from tfkd.transforms.label_sets import check_widths


@keras.saving.register_keras_serializable("tfkd")
class JoinedClasses(Transform):
    """Concatenates logits of different classes, in the student's order.

    Equation:  z(l) = mean over teachers i with l in L_i of z_i(l)
    Symbols:   z_i (batch, ..., |L_i|) logits of teacher i, of the classes L_i
               in this order.

    With disjoint L_i it is the concatenation that knowledge amalgamation
    uses. It is called with the list of the z_i.

    Args:
        label_sets: The L_i, class numbers from 0; together all.
        **kwargs: See `Transform`.

    Raises:
        InputError: If a class is in no set, or logits do not fit the sets.
    """

    def __init__(self, label_sets, **kwargs):
        super().__init__(**kwargs)
        self.label_sets = [[int(label) for label in s] for s in label_sets]
        labels = [label for one in self.label_sets for label in one]
        if not labels or set(labels) != set(range(max(labels) + 1)):
            raise InputError(
                "Label sets must together hold every class number from 0, "
                f"received {self.label_sets}."
            )
        counts = np.bincount(labels)
        order = np.argsort(labels, kind="stable")
        first = np.cumsum(counts) - counts
        # Where in the concatenation the k-th logit of every class is, and how
        # much it counts.
        self._places = [
            (order[first + np.minimum(k, counts - 1)], (k < counts) / counts)
            for k in range(counts.max())
        ]

    def build(self, input_shape):
        check_widths(self.label_sets, input_shape)

    def call(self, logits):
        logits = logits if isinstance(logits, (list, tuple)) else [logits]
        z = ops.concatenate(logits, axis=-1)
        return sum(
            ops.take(z, place, axis=-1) * ops.cast(share, z.dtype)
            for place, share in self._places
        )

    def get_config(self):
        return {**super().get_config(), "label_sets": self.label_sets}
