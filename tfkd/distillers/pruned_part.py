"""Training of one layer that loses input channels on the way."""

import keras
from keras import ops

from tfkd import taps
from tfkd.distillers.part import PartDistiller
from tfkd.errors import InputError
from tfkd.errors import require_tensorflow
from tfkd.numerics import safe_sqrt
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class PrunedPart(PartDistiller):
    """Trains one layer of a student and lets weak input channels go.

    After each step the kernel is set to zero for all input channels but the
    n of the largest norm. n falls from all to `keep` of them in
    `pruning_steps` steps, and stays. What went may come back as long as it
    is stronger than another; channels are removed from the network with
    `tfkd.models.prune_channels`.

    Equation:  n(t) = c_k + floor((c - c_k) max(0, 1 - t / T)),
               c_k = max(1, round(keep c))
    Symbols:   c input channels; t steps so far; T = `pruning_steps`. Norms
               are over all other axes of the kernel.

    TensorFlow only.

    Args:
        layer: Name of the layer, a `Conv2D` or `Dense`.
        keep: Share of channels that stay, in (0, 1].
        pruning_steps: T, at least 1.
        **kwargs: See `PartDistiller`.

    Raises:
        InputError: If the layer has no such kernel, or a number is out of
            range.
    """

    def __init__(self, *, student, layer, keep, pruning_steps, **kwargs):
        require_tensorflow("PrunedPart")
        super().__init__(
            student=student, start=f"{layer}:input", end=layer, **kwargs
        )
        if not 0 < keep <= 1 or int(pruning_steps) < 1:
            raise InputError(
                "keep must be in (0, 1] and pruning_steps at least 1, received "
                f"keep={keep!r} and pruning_steps={pruning_steps!r}."
            )
        found = taps.layers_of(student, layer)[-1]
        kernel = getattr(found, "kernel", None)
        if kernel is None or getattr(found, "groups", 1) != 1:
            raise InputError(
                f"The layer {layer!r} must be a Conv2D in one group or a Dense "
                f"layer to lose channels, it is {type(found).__name__}."
            )
        self.layer, self.keep = layer, float(keep)
        self.pruning_steps = int(pruning_steps)
        self._kernel = Untracked(variable=kernel)

    def train_step(self, *args, **kwargs):
        logs = super().train_step(*args, **kwargs)
        kernel = self._kernel.variable
        kernel.assign(
            strongest_inputs(kernel, self._left(self.optimizer.iterations))
        )
        return logs

    def _left(self, step):
        channels = self._kernel.variable.shape[-2]
        last = max(1, round(self.keep * channels))
        rest = 1.0 - ops.cast(step, "float32") / self.pruning_steps
        # Rounding must not take a channel away too soon.
        extra = ops.floor((channels - last) * ops.maximum(rest, 0.0) + 1e-4)
        return last + ops.cast(extra, "int32")

    def parts(self):
        parts = super().parts()
        del parts["start"], parts["end"]
        return {
            **parts,
            "layer": self.layer,
            "keep": self.keep,
            "pruning_steps": self.pruning_steps,
        }


def strongest_inputs(kernel, count):
    """Returns a kernel without its weak input channels.

    Args:
        kernel: `(..., inputs, outputs)`.
        count: How many input channels stay, an integer scalar; those of the
            largest norm, and equal ones.
    """
    kernel = ops.convert_to_tensor(kernel)
    rank = len(kernel.shape)
    axes = tuple(axis for axis in range(rank) if axis != rank - 2)
    norms = safe_sqrt(ops.sum(ops.square(kernel), axis=axes, keepdims=True))
    ordered = ops.sort(ops.reshape(norms, (-1,)))
    least = ops.take(ordered, kernel.shape[-2] - count)
    return ops.where(norms >= least, kernel, ops.zeros_like(kernel))
