"""A weighted sum of losses whose weights can be moved."""

import keras
import numpy as np

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.losses.base import show_to_parts
from tfkd.numerics import shares as normalized


@keras.saving.register_keras_serializable("tfkd")
class Mixture(KDLoss):
    """Sum of losses, each with a share; the shares sum to one.

    Equation:  L = sum_i a_i L_i,  sum_i a_i = 1

    The shares are state: they are saved, and not trained by the optimizer.

    Args:
        parts: The L_i, at least one `KDLoss`; their own weights count.
        shares: a at the start, non-negative; normalized; equal if absent.
        **kwargs: See `KDLoss`.

    Attributes:
        shares: Variable of shape `(parts,)`, after `setup`.

    Raises:
        InputError: If there is no part, or the shares do not fit.
    """

    def __init__(self, *, parts, shares=None, name="mixture", **kwargs):
        super().__init__(name=name, **kwargs)
        if not parts:
            raise InputError("A mixture needs at least one loss, got none.")
        self.parts = list(parts)
        self.start = normalized("shares of losses", shares, len(self.parts))
        self.teacher_taps = _union(p.teacher_taps for p in self.parts)
        self.student_taps = _union(p.student_taps for p in self.parts)
        self.needs_labels = any(p.needs_labels for p in self.parts)
        self.needs_index = any(p.needs_index for p in self.parts)
        self.pairwise = any(p.pairwise for p in self.parts)
        show_to_parts(self, self.parts)

    def attach(self, teacher, student):
        for part in self.parts:
            part.attach(teacher, student)

    def setup(self, teacher, student):
        for part in self.parts:
            part.setup(teacher, student)
        self.shares = self.add_weight(
            (len(self.parts),), "zeros", trainable=False, name="shares"
        )
        self.shares.assign(np.array(self.start, self.shares.dtype))
        super().setup(teacher, student)

    def terms(self, teacher, student, *, labels, index, step):
        """Returns the L_i of each example, a list of `(batch,)`."""
        return [
            part.weight(step)
            * part(teacher, student, labels=labels, index=index, step=step)
            for part in self.parts
        ]

    def values(self, teacher, student, *, labels, index, step):
        terms = self.terms(
            teacher, student, labels=labels, index=index, step=step
        )
        return sum(self.shares[i] * term for i, term in enumerate(terms))

    def get_config(self):
        return {
            **super().get_config(),
            "parts": keras.saving.serialize_keras_object(list(self.parts)),
            "shares": self.start,
        }

    @classmethod
    def from_config(cls, config):
        parts = keras.saving.deserialize_keras_object(config["parts"])
        return cls(**{**config, "parts": parts})


def _union(groups):
    return tuple(dict.fromkeys(name for group in groups for name in group))
