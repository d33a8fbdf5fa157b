"""Weights that a teacher's weights make likely."""

import keras
import numpy as np
from keras import ops

from tfkd import checks
from tfkd import taps
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class WeightPrior(KDLoss):
    """Pulls in the student's weights that are far from a teacher's.

    Equation:  L = 1/G sum_g mean_i max(|w_i - m_g| - k s_g, 0) / s_g, the
               same for every example
    Symbols:   w_i the student's weights of group g, and m_g, s_g mean and
               standard deviation of the teacher's in the group that is
               paired with it, all times the square root of their layer's
               inputs, which makes layers of different width alike; k =
               `tolerance`. Groups are the layers that lead from one stage to
               the next, and from the last one to the logits.

    Weights within k deviations have no gradient: few are changed. It reads
    no tap but the outputs, which say how many examples there are.

    Args:
        tolerance: k >= 0.
        **kwargs: See `KDLoss`.

    Attributes:
        means: Variable `(groups,)`: m.
        deviations: Variable `(groups,)`: s.

    Raises:
        InputError: If the teacher is no single model, or a group has no
            weights.
    """

    student_taps = ("outputs",)

    def __init__(self, *, tolerance=2.0, name="weight_prior", **kwargs):
        super().__init__(name=name, **kwargs)
        checks.not_negative(tolerance=tolerance)
        self.tolerance = float(tolerance)
        self._found = Untracked(groups=[], moments=[])

    def attach(self, teacher, student):
        model = getattr(teacher, "model", None)
        if not isinstance(model, keras.Model):
            raise InputError(
                "A prior over weights needs a teacher of one model, received "
                f"{type(teacher).__name__}. Pass the keras.Model."
            )
        ends = zip(*taps.group_ends(model, student))
        given, own = (
            _groups(m, found) for m, found in zip((model, student), ends)
        )
        moments = []
        for kernels in given:
            scaled = [np.array(_scaled(k)).ravel() for k in kernels]
            every = np.concatenate(scaled)
            # Equal weights would have no deviation.
            moments.append((every.mean(), max(every.std(), 1e-6)))
        self._found = Untracked(groups=own, moments=moments)

    def setup(self, teacher, student):
        count = len(self._found.groups)
        self.means, self.deviations = (
            self.add_weight((count,), "zeros", trainable=False, name=name)
            for name in ("means", "deviations")
        )
        means, deviations = np.array(self._found.moments, "float32").T
        self.means.assign(means)
        self.deviations.assign(deviations)
        super().setup(teacher, student)

    def penalty(self):
        """Mean over groups, a scalar."""
        total = 0.0
        for number, kernels in enumerate(self._found.groups):
            deviation = self.deviations[number]
            excess = [
                ops.maximum(
                    ops.abs(w - self.means[number])
                    - self.tolerance * deviation,
                    0.0,
                )
                for w in (
                    ops.cast(_scaled(k), self.compute_dtype) for k in kernels
                )
            ]
            size = sum(int(np.prod(k.shape)) for k in kernels)
            total += sum(ops.sum(x) for x in excess) / (size * deviation)
        return total / len(self._found.groups)

    def values(self, teacher, student, *, labels, index, step):
        outputs = keras.tree.flatten(student["outputs"])[0]
        return ops.broadcast_to(self.penalty(), ops.shape(outputs)[:1])

    def get_config(self):
        return {**super().get_config(), "tolerance": self.tolerance}


def _groups(model, ends):
    """Kernels between a model's stages, and from the last to the logits."""
    groups, seen = [], set()
    for tap in (*ends, "logits"):
        kernels = [
            layer.kernel
            for layer in taps.layers_of(model, tap)
            if getattr(layer, "kernel", None) is not None
            and id(layer) not in seen
        ]
        seen.update(id(layer) for layer in taps.layers_of(model, tap))
        if not kernels:
            raise InputError(
                f"The model {model.name!r} has no weights between its stage "
                f"{tap!r} and the one before. Name its stages otherwise."
            )
        groups.append(kernels)
    return groups


def _scaled(kernel):
    """A kernel (..., inputs, outputs) times the root of its inputs."""
    return kernel * float(np.sqrt(np.prod(kernel.shape[:-1])))
