"""Recorded returns as targets of value distributions."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class CategoricalReturns(keras.losses.Loss):
    """Cross-entropy of a recorded return, for the action that was taken.

    Equation:  L = - sum_k p_k log softmax(z_a)_k ,
               p_k = max(0, 1 - |R - c_k| / D)
    Symbols:   z (batch, actions, atoms) logits of the distribution of an
               action's value on K atoms c_k from `low` to `high`, D apart; a
               the action; R its return, moved into [low, high]. Labels are
               numbers (batch, 2) of a and R; a < 0 counts nothing.
    Paper:     Bellemare, Dabney & Munos, *A Distributional Perspective on
               Reinforcement Learning*, ICML 2017, arXiv:1707.06887: its
               projection, of a return instead of a bootstrapped target.

    A loss to compile, or that of a `tfkd.losses.LabelLoss`.

    Args:
        low: c_1.
        high: c_K > c_1.
        name: Name of the loss.
        **kwargs: See `keras.losses.Loss`.

    Raises:
        InputError: If `high` is not above `low`.
    """

    def __init__(self, low=0.0, high=1.0, name="categorical_returns", **kwargs):
        super().__init__(name=name, **{"dtype": "float32", **kwargs})
        if not -float("inf") < low < high < float("inf"):
            raise InputError(
                "Returns lie between finite numbers low < high, received "
                f"{low!r} and {high!r}."
            )
        self.low = float(low)
        self.high = float(high)

    def call(self, y_true, y_pred):
        if len(y_pred.shape) != 3 or len(y_true.shape) != 2:
            raise InputError(
                "CategoricalReturns compares labels (batch, 2), action and "
                "return, with logits (batch, actions, atoms); received "
                f"{tuple(y_true.shape)} and {tuple(y_pred.shape)}."
            )
        actions, count = y_pred.shape[1:]
        labels = ops.cast(y_true, y_pred.dtype)
        action = ops.cast(labels[:, 0], "int32")
        atoms = np.linspace(self.low, self.high, count)
        atoms = ops.convert_to_tensor(atoms, y_pred.dtype)
        distance = (self.high - self.low) / max(count - 1, 1)
        value = ops.clip(labels[:, 1:], self.low, self.high)
        target = ops.relu(1.0 - ops.abs(value - atoms) / distance)
        log_p = ops.log_softmax(y_pred, axis=-1)
        # one_hot of -1 is all zeros.
        taken = ops.one_hot(action, actions, dtype=y_pred.dtype)
        return -ops.sum(taken[..., None] * target[:, None] * log_p, axis=(1, 2))

    def get_config(self):
        return {**super().get_config(), "low": self.low, "high": self.high}


def action_values(logits, low=0.0, high=1.0):
    """Returns the mean of each action's value distribution.

    Args:
        logits: `(batch, actions, atoms)`.
        low: Value of the first atom.
        high: Value of the last atom.

    Returns:
        Shape `(batch, actions)`.
    """
    atoms = np.linspace(low, high, logits.shape[-1])
    probabilities = ops.softmax(ops.convert_to_tensor(logits), axis=-1)
    atoms = ops.convert_to_tensor(atoms, probabilities.dtype)
    return ops.sum(probabilities * atoms, axis=-1)
