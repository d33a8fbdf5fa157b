"""Maximum mean discrepancy between two sets of samples."""

import keras
from keras import ops

from tfkd.distances.base import Distance
from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.numerics import itself

_KERNELS = ("gaussian", "linear", "poly")


@keras.saving.register_keras_serializable("tfkd")
class MMD(Distance):
    """Squared maximum mean discrepancy, one value per pair of sets.

    Equation:  d(t, s) = mean_ij k(t_i, t_j) + mean_ij k(s_i, s_j)
                         - 2 mean_ij k(t_i, s_j)
               linear    k(x, y) = x . y
               poly      k(x, y) = (x . y + c)^d
               gaussian  k(x, y) = exp(-||x - y||^2 / (2 sigma^2)), where
                         sigma^2 = mean_ij ||t_i - s_j||^2, a constant; or
                         sum_w exp(-||x - y||^2 / (2 w^2)) of given `widths`
    Symbols:   t (batch, n, features), s (batch, m, features) sets of n and
               m samples; d = `degree`; c = `constant`.
    Paper:     Gretton et al., *A Kernel Two-Sample Test*, JMLR 2012, Eqn 5
               (the biased estimate, with i = j).

    Args:
        kernel: `"linear"`, `"poly"` or `"gaussian"`.
        degree: d >= 1 of the polynomial kernel, an integer.
        constant: c of the polynomial kernel.
        widths: w > 0 of a Gaussian kernel of several widths; sigma of the
            data if absent.
        **kwargs: See `Distance`.

    Raises:
        InputError: If `kernel` is unknown, `degree` < 1, or a width is not
            positive or not for this kernel.
    """

    same_shape = False

    def __init__(
        self, kernel="poly", degree=2, constant=0.0, widths=None, **kwargs
    ):
        super().__init__(**kwargs)
        if kernel not in _KERNELS:
            raise unknown("kernel", kernel, _KERNELS)
        if degree < 1 or degree != int(degree):
            raise InputError(
                "The degree of an MMD's polynomial is a whole number >= 1, "
                f"received {degree!r}."
            )
        if widths is not None and (
            kernel != "gaussian" or not widths or not min(widths) > 0
        ):
            raise InputError(
                "widths are numbers > 0 of a gaussian kernel, received "
                f"widths={widths!r} and kernel={kernel!r}."
            )
        self.kernel = kernel
        self.widths = widths and [float(width) for width in widths]
        self.degree = degree
        self.constant = constant

    def validate(self, teacher_shape, student_shape):
        shapes = tuple(teacher_shape), tuple(student_shape)
        if any(len(shape) != 3 for shape in shapes) or not compatible(
            shapes[0][2:], shapes[1][2:]
        ):
            raise InputError(
                "MMD compares sets (batch, samples, features) with as many "
                f"features, received teacher {shapes[0]} and student "
                f"{shapes[1]}. For maps use tfkd.transforms.ChannelSamples "
                "with one `size` on both sides."
            )

    def call(self, teacher, student):
        if self.kernel == "linear":
            # The same number without cancellation.
            gap = ops.mean(teacher, axis=1) - ops.mean(student, axis=1)
            return ops.sum(ops.square(gap), axis=-1)
        if self.kernel == "poly":
            kernel = self._poly
        elif self.widths:
            kernel = self._gaussians
        else:
            kernel = _gaussian(gaussian_variance(teacher, student))
        if self.kernel == "gaussian":
            teacher, student = _centred(teacher, student)
        return (
            _mean(kernel(teacher, teacher))
            + _mean(kernel(student, student))
            - 2.0 * _mean(kernel(teacher, student))
        )

    def _poly(self, x, y):
        return (_dot(x, y) + self.constant) ** self.degree

    def _gaussians(self, x, y):
        square = _square_distances(x, y)
        # A narrow width would see how far rounding puts equal samples apart.
        norms = [
            _mean(ops.sum(ops.square(z), axis=-1, keepdims=True))
            for z in (x, y)
        ]
        size = ops.stop_gradient(sum(norms))[:, None, None]
        square = ops.where(square > 2e-6 * size, square, 0.0 * square)
        return sum(ops.exp(-square / (2.0 * w * w)) for w in self.widths)

    def get_config(self):
        return {
            **super().get_config(),
            "widths": self.widths,
            "kernel": self.kernel,
            "degree": self.degree,
            "constant": self.constant,
        }


def gaussian_variance(teacher, student):
    """Returns sigma^2 of each pair of sets, without gradient, `(batch,)`."""
    cross = _square_distances(*_centred(teacher, student))
    return ops.stop_gradient(_mean(cross))


def _gaussian(variance):
    # Zero only where all samples are the same: any width gives k = 1.
    width = ops.where(variance > 0, variance, ops.ones_like(variance))
    width = width[:, None, None]
    return lambda x, y: ops.exp(-_square_distances(x, y) / (2.0 * width))


def _mean(x):
    return ops.mean(x, axis=(1, 2))


def _dot(x, y):
    return ops.einsum("bnf,bmf->bnm", x, y)


def _centred(teacher, student):
    """A common shift changes no distance; less is rounded after it."""
    shift = ops.stop_gradient(ops.mean(teacher, axis=1, keepdims=True))
    return teacher - shift, student - shift


def _square_distances(x, y):
    """Distances `(batch, n, m)`; zero from a sample to itself."""
    x_square = ops.sum(ops.square(x), axis=-1)[:, :, None]
    y_square = ops.sum(ops.square(y), axis=-1)[:, None, :]
    square = x_square + y_square - 2.0 * _dot(x, y)
    # Where devices round factors, a sample is some way from itself.
    if x is y:
        square = ops.where(itself(ops.shape(x)[1]), 0.0, square)
    # Rounding can make the difference of equal samples negative.
    return ops.maximum(square, 0.0)
