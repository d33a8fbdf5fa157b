"""A linear correction of some classes' logits."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError


@keras.saving.register_keras_serializable("tfkd")
class BiasCorrection(keras.layers.Layer):
    """Scales and shifts the logits of classes that were added together.

    Equation:  q_k = alpha o_k + beta for start <= k < stop, else o_k
    Symbols:   o, q (batch, classes) logits; alpha, beta scalars, 1 and 0 at
               first, not trained by gradient (`trainable=False`).
    Paper:     Wu et al., *Large Scale Incremental Learning*, CVPR 2019,
               arXiv:1905.13260.

    Args:
        start: First class that is corrected.
        stop: The class after the last one.

    Raises:
        InputError: If that is no range, or there are fewer logits.
    """

    def __init__(self, start, stop, *, trainable=False, **kwargs):
        super().__init__(trainable=trainable, **kwargs)
        if not 0 <= start < stop:
            raise InputError(
                "BiasCorrection needs 0 <= start < stop, received "
                f"start={start!r}, stop={stop!r}."
            )
        self.start = int(start)
        self.stop = int(stop)

    def build(self, input_shape):
        if len(input_shape) != 2 or input_shape[-1] < self.stop:
            raise InputError(
                f"BiasCorrection needs logits (batch, classes) of at least "
                f"{self.stop} classes, received {tuple(input_shape)}."
            )
        self.alpha = self.add_weight((), "ones", name="alpha")
        self.beta = self.add_weight((), "zeros", name="beta")

    def call(self, logits):
        classes = ops.arange(logits.shape[-1])
        chosen = ops.logical_and(classes >= self.start, classes < self.stop)
        alpha = ops.cast(self.alpha, logits.dtype)
        beta = ops.cast(self.beta, logits.dtype)
        return ops.where(chosen, alpha * logits + beta, logits)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "start": self.start, "stop": self.stop}


def fit_correction(logits, labels, *, start, ridge=0.0, steps=50):
    """Returns the alpha and beta of the smallest cross-entropy.

    Equation:  min H(y, softmax(q)) + r/2 ((alpha - 1)^2 + beta^2), the mean
               over examples: convex, solved by damped Newton steps.

    Args:
        logits: o `(examples, classes)`.
        labels: y, classes `(examples,)`.
        start: First class that is corrected, all later ones are.
        ridge: r >= 0.
        steps: At most as many.
    """
    o = np.asarray(logits, "float64")
    new = np.arange(o.shape[1]) >= start
    # dq/dalpha and dq/dbeta, (examples, classes, 2).
    slope = np.stack([o * new, np.broadcast_to(new, o.shape)], -1).astype(float)
    target = np.eye(o.shape[1])[labels]

    def loss(w):
        q = np.where(new, w[0] * o + w[1], o)
        q = q - q.max(axis=1, keepdims=True)
        log_p = q - np.log(np.exp(q).sum(axis=1, keepdims=True))
        size = 0.5 * ridge * ((w[0] - 1.0) ** 2 + w[1] ** 2)
        return -np.mean(np.sum(target * log_p, axis=1)) + size, np.exp(log_p)

    w = np.array([1.0, 0.0])
    value, p = loss(w)
    for _ in range(steps):
        mean = np.einsum("bc,bci->bi", p, slope)
        gradient = np.einsum("bc,bci->i", p - target, slope) / len(o)
        gradient += ridge * (w - [1.0, 0.0])
        hessian = np.einsum("bc,bci,bcj->ij", p, slope, slope)
        hessian = (hessian - mean.T @ mean) / len(o) + ridge * np.eye(2)
        # Where one number has no effect it stays.
        step = -np.linalg.pinv(hessian, hermitian=True) @ gradient
        size = 1.0
        while size > 1e-6 and loss(w + size * step)[0] > value:
            size /= 2.0
        if size <= 1e-6:
            break
        w = w + size * step
        previous, (value, p) = value, loss(w)
        if previous - value < 1e-14:
            break
    return float(w[0]), float(w[1])
