"""Matrix logarithm of the similarities within a batch."""

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.numerics import l2_normalize
from tfkd.transforms.base import Transform


@keras.saving.register_keras_serializable("tfkd")
class LogSimilarity(Transform):
    """Logarithm of the Gram matrix of a batch, where L2 is log-Euclidean.

    Equation:  log(X X^T + e I)                  (survey Eqn 26, X its X^T)
    Symbols:   X (batch, features) embeddings, of length 1 if `normalize`;
               e = `epsilon`, which makes the matrix positive definite;
               result (batch, batch), whose row b belongs to example b.
    Paper:     Wu et al., *Distilled Person Re-identification: Towards a More
               Scalable System*, CVPR 2019.

    Args:
        epsilon: e > 0.
        normalize: Whether similarities are cosines.
        **kwargs: See `Transform`.

    Raises:
        InputError: If `epsilon` is not positive, or the tap is no matrix.
    """

    pairwise = True

    def __init__(self, epsilon=1e-3, normalize=True, **kwargs):
        super().__init__(**kwargs)
        if not epsilon > 0:
            raise InputError(
                f"epsilon must be > 0, received {epsilon!r}. Without it the "
                "logarithm of a batch larger than the features is infinite."
            )
        self.epsilon = epsilon
        self.normalize = normalize

    def build(self, input_shape):
        if len(input_shape) != 2:
            raise InputError(
                "LogSimilarity needs embeddings (batch, features), received "
                f"a tap of shape {tuple(input_shape)}. Tap the pooled "
                "features, such as 'embedding'."
            )

    def call(self, x):
        x = l2_normalize(x) if self.normalize else x
        gram = ops.matmul(x, ops.transpose(x))
        return log_spd(gram, self.epsilon)

    def compute_output_shape(self, input_shape):
        return (input_shape[0], input_shape[0])

    def get_config(self):
        return {
            **super().get_config(),
            "epsilon": self.epsilon,
            "normalize": self.normalize,
        }


def log_spd(matrix, epsilon):
    """Returns log(A + e I) of a symmetric, positive semidefinite A.

    The gradient is that of Daleckii and Krein: finite where eigenvalues are
    equal, as they always are where the batch is larger than the features.
    The gradient of `eigh` divides by their differences.

    Args:
        matrix: A, `(n, n)`.
        epsilon: e > 0.
    """

    @ops.custom_gradient
    def logarithm(a):
        values, vectors = ops.linalg.eigh(a)
        # Rounding makes zeros negative.
        values = ops.maximum(values, 0.0) + epsilon
        logs = ops.log(values)
        transposed = ops.transpose(vectors)

        def grad(*args, upstream=None):
            upstream = args[0] if upstream is None else upstream
            symmetric = 0.5 * (upstream + ops.transpose(upstream))
            inner = ops.matmul(transposed, ops.matmul(symmetric, vectors))
            inner = inner * _divided_differences(values, logs)
            return ops.matmul(vectors, ops.matmul(inner, transposed))

        return ops.matmul(vectors * logs[None, :], transposed), grad

    return logarithm(matrix)


def _divided_differences(values, logs):
    """(log x_i - log x_j) / (x_i - x_j), or 1 / x where they are equal."""
    rows, columns = values[:, None], values[None, :]
    gap = rows - columns
    middle = 0.5 * (rows + columns)
    # Below it, the mean's inverse is as exact as float32.
    close = ops.abs(gap) < 1e-3 * middle
    quotient = (logs[:, None] - logs[None, :]) / ops.where(
        close, ops.ones_like(gap), gap
    )
    # log's series around the mean: 1/m (1 + (gap / m)^2 / 12 + ...).
    series = (1.0 + ops.square(gap / middle) / 12.0) / middle
    return ops.where(close, series, quotient)
