"""How the examples of a batch correlate, measured by a kernel."""

import math

import keras
from keras import ops

from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.numerics import flatten
from tfkd.numerics import l2_normalize
from tfkd.numerics import safe_sqrt
from tfkd.numerics import square_distances
from tfkd.transforms.base import Transform

_KERNELS = ("bilinear", "mmd", "rbf")


@keras.saving.register_keras_serializable("tfkd")
class KernelMatrix(Transform):
    """A kernel between each two examples of a batch.

    Equation:  C_ij = k(x_i, x_j)
               bilinear  k(x, y) = x . y
               mmd       k(x, y) = ||x - y||_2, the mean discrepancy of two
                         sets of one example each
               rbf       k(x, y) = sum_(p = 0..P) e^(-2 g) (2 g)^p / p!
                         (x . y)^p, which is exp(-g ||x - y||_2^2) for unit
                         vectors and P to infinity
    Symbols:   x (batch, features) the tap, flattened, of length 1 if
               `normalize`; g = `gamma`; P = `order`; result (batch, batch).
    Paper:     Peng et al., *Correlation Congruence for Knowledge
               Distillation*, ICCV 2019, arXiv:1904.01802, Sec 3.

    Args:
        kernel: `"rbf"`, `"bilinear"` or `"mmd"`.
        gamma: g > 0 of the kernel `"rbf"`.
        order: P >= 1 of the kernel `"rbf"`, a whole number.
        normalize: Whether examples are compared by direction alone.
        **kwargs: See `Transform`.

    Raises:
        InputError: If the kernel is unknown, or a number is out of range.
    """

    pairwise = True

    def __init__(
        self, kernel="rbf", gamma=0.4, order=2, normalize=True, **kwargs
    ):
        super().__init__(**kwargs)
        if kernel not in _KERNELS:
            raise unknown("kernel", kernel, _KERNELS)
        if not 0 < gamma < float("inf") or order != int(order) or order < 1:
            raise InputError(
                "A kernel matrix needs a finite gamma > 0 and a whole order "
                f">= 1, received gamma={gamma!r}, order={order!r}."
            )
        self.kernel = kernel
        self.gamma = float(gamma)
        self.order = int(order)
        self.normalize = normalize

    def call(self, x):
        x = flatten(x)
        x = l2_normalize(x) if self.normalize else x
        if self.kernel == "mmd":
            return safe_sqrt(square_distances(x))
        products = ops.matmul(x, ops.transpose(x))
        return products if self.kernel == "bilinear" else self._rbf(products)

    def _rbf(self, products):
        """The truncated series, by Horner's scheme."""
        result = ops.zeros_like(products)
        for power in range(self.order, -1, -1):
            factor = (2 * self.gamma) ** power / math.factorial(power)
            result = result * products + factor
        return math.exp(-2 * self.gamma) * result

    def get_config(self):
        return {
            **super().get_config(),
            "kernel": self.kernel,
            "gamma": self.gamma,
            "order": self.order,
            "normalize": self.normalize,
        }
