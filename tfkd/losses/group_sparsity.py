"""A penalty that lets whole filters of the student go."""

import keras
from keras import ops

from tfkd import taps
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.models.prune_channels import prunable
from tfkd.numerics import safe_sqrt
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class GroupSparsity(KDLoss):
    """Group lasso of the student's filters.

    Equation:  L = sum_g ||W_g||_2, the same for every example
    Symbols:   W_g all weights that make one output channel of a layer.
    Paper:     Yuan & Lin, *Model Selection and Estimation in Regression with
               Grouped Variables*, JRSS B 2006, with groups of equal weight.

    It reads no tap but the outputs, which say how many examples there are.

    Args:
        layers: Names of the student's layers, as taps are named; all
            convolutions whose channels can be removed if absent.
        **kwargs: See `KDLoss`.
    """

    student_taps = ("outputs",)

    def __init__(self, *, layers=None, name="group_sparsity", **kwargs):
        super().__init__(name=name, **kwargs)
        self.layers = None if layers is None else tuple(layers)
        self._found = Untracked(kernels=None)

    def attach(self, teacher, student):
        known = {
            name: layer.kernel
            for name, layer, _, _ in taps.TapGraph(student).calls()
            if getattr(layer, "kernel", None) is not None
        }
        names = self.layers or prunable(student)
        for name in names:
            if name not in known:
                raise unknown("layer with a kernel", name, known)
        if not names:
            raise InputError(
                f"The student {student.name!r} must have convolutions whose "
                "channels can be removed, so that their filters can be made "
                "sparse; it has none. Name the layers."
            )
        self._found = Untracked(kernels=[known[name] for name in names])

    def penalty(self):
        """Sum of the norms of all filters, a scalar."""
        return sum(
            ops.sum(filter_norms(ops.cast(kernel, self.compute_dtype)))
            for kernel in self._found.kernels
        )

    def values(self, teacher, student, *, labels, index, step):
        outputs = keras.tree.flatten(student["outputs"])[0]
        batch = ops.shape(outputs)[0]
        return ops.ones((batch,), self.compute_dtype) * self.penalty()

    def get_config(self):
        return {**super().get_config(), "layers": self.layers}


def filter_norms(kernel):
    """Returns the Euclidean norm of each output channel's weights.

    Args:
        kernel: `(..., outputs)`.
    """
    axes = tuple(range(len(kernel.shape) - 1))
    return safe_sqrt(ops.sum(ops.square(kernel), axis=axes))
