"""Singular vectors of a feature map, with a gradient that stays finite."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.numerics import TINY
from tfkd.numerics import l2_normalize
from tfkd.numerics import safe_sqrt
from tfkd.transforms.base import Transform

# Eigenvalues closer than this, relative to the largest, are taken for equal:
# their vectors may turn into each other, and no gradient says how far.
_BROADENING = 1e-4


def decompose(x, count):
    """Returns the leading singular values and right singular vectors.

    Equation:  X = U diag(s) V^T;  A = X^T X = V diag(l) V^T
               dv_j = sum_i f(l_j - l_i) v_i (v_i^T dA v_j),
               f(g) = g / (g^2 + e^2)
    Symbols:   X (positions, channels) of one example; e = 1e-4 l_max: the
               gradient of singular vectors has f(g) = 1 / g, which is
               infinite where two singular values are equal, as all zero ones
               are.

    A vector's sign is such that its elements have a sum of at least zero.

    Args:
        x: Maps `(batch, height, width, channels)`.
        count: How many, at most the channels.

    Returns:
        `(batch, count)` values divided by their common length, and `(batch,
        channels, count)` vectors of length one.
    """
    channels = x.shape[-1]
    x = ops.reshape(x, (ops.shape(x)[0], -1, channels))
    # Neither result depends on the scale, and squares stay inside float32.
    largest = ops.max(ops.abs(x), axis=(1, 2), keepdims=True)
    x = x / ops.stop_gradient(ops.maximum(largest, TINY))
    gram = ops.einsum("bnc,bnd->bcd", x, x)
    values, basis = ops.eigh(ops.stop_gradient(gram))
    # In ascending order, and without gradient of their own.
    values, basis = (ops.stop_gradient(t) for t in (values, basis))
    values = ops.flip(values, axis=-1)
    basis = ops.flip(basis, axis=-1)
    leading = basis[..., :count]
    leading = leading * _sign(ops.sum(leading, axis=1, keepdims=True))
    moved = ops.einsum("bci,bcd,bdj->bij", basis, gram, leading)
    gap = values[:, None, :count] - values[:, :, None]
    width = _BROADENING * values[:, :1, None] + TINY
    # Zero in value; its derivative is that of the equation above.
    turn = (moved - ops.stop_gradient(moved)) * gap
    turn = turn / (ops.square(gap) + ops.square(width))
    vectors = leading + ops.einsum("bci,bij->bcj", basis, turn)
    squares = ops.einsum("bcj,bcd,bdj->bj", leading, gram, leading)
    return l2_normalize(safe_sqrt(squares)), vectors


def align(vectors, targets):
    """Picks for every target the vector most parallel to it, with its sign.

    Args:
        vectors: `(batch, channels, n)` of length one.
        targets: `(batch, channels, count)` of length one.

    Returns:
        `(batch, channels, count)`.
    """
    cosine = ops.einsum("bcn,bck->bkn", vectors, targets)
    chosen = ops.one_hot(
        ops.argmax(ops.abs(cosine), axis=-1),
        cosine.shape[-1],
        dtype=vectors.dtype,
    )
    chosen = ops.stop_gradient(chosen * _sign(cosine))
    return ops.einsum("bcn,bkn->bck", vectors, chosen)


def _sign(x):
    """1 or -1; 1 for zero, so that no vector vanishes."""
    return 2.0 * ops.cast(x >= 0, x.dtype) - 1.0


@keras.saving.register_keras_serializable("tfkd")
class SingularVectors(Transform):
    """Leading right singular vectors, scaled by their singular values.

    Equation:  X = U diag(s) V^T;  result_j = s_j / ||s||_2 v_j, j <= k
    Symbols:   X (height * width, channels) a map F (batch, height, width,
               channels) of one example; k = `count`; result (batch,
               channels, k).
    Paper:     Lee, Kim & Song, *Self-supervised Knowledge Distillation Using
               Singular Value Decomposition*, ECCV 2018, arXiv:1807.06819.

    Args:
        count: k >= 1.

    Raises:
        InputError: If `count` < 1, or the tap is no map of at least so many
            channels.
    """

    def __init__(self, count=1, **kwargs):
        super().__init__(**kwargs)
        checks.whole(
            1, count=count, hint="One vector holds most of a map behind a ReLU."
        )
        self.count = int(count)

    def build(self, input_shape):
        check_map(input_shape, self.count)

    def call(self, x):
        values, vectors = decompose(x, self.count)
        return values[:, None] * vectors

    def get_config(self):
        return {**super().get_config(), "count": self.count}


def check_map(shape, count):
    """Raises where a tap has no `count` singular vectors.

    Args:
        shape: Of the tap.
        count: How many vectors are needed.

    Raises:
        InputError: If it is no map, or has fewer channels.
    """
    shape = tuple(shape)
    if len(shape) != 4 or shape[-1] is None or shape[-1] < count:
        raise InputError(
            "Singular vectors need a tap of shape (batch, height, width, "
            f"channels) with at least {count} channels, received {shape}. "
            "Choose a convolutional tap, or fewer vectors."
        )
