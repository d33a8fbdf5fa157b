"""How much a network still leans on the teachers that are mixed into it."""

import keras
from keras import ops

from tfkd import checks
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.transforms import FlowMix
from tfkd.untracked import Untracked


@keras.saving.register_keras_serializable("tfkd")
class Dependence(KDLoss):
    """Negative logarithms of the student's own shares, and the final cut.

    Equation:  L = - sum_l ln p_l0, the same for every example
    Symbols:   p_l0 the share that the student has in the mixture l, one of
               the `FlowMix` layers of the network. In nats.
    Paper:     Liu, Peng & Schwing, *Knowledge Flow: Improve upon Your
               Teachers*, ICLR 2019, arXiv:1904.05878.

    Args:
        cut_steps: Steps after which every mixture is cut: the network is
            then the student alone.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If `cut_steps` < 1, or the network has no mixture.
    """

    student_taps = ("outputs",)

    def __init__(self, *, cut_steps, name="dependence", **kwargs):
        super().__init__(name=name, **kwargs)
        checks.whole(1, cut_steps=cut_steps)
        self.cut_steps = int(cut_steps)
        self._found = Untracked(mixtures=[])

    def attach(self, teacher, student):
        found = [x for x in student.layers if isinstance(x, FlowMix)]
        if not found:
            raise InputError(
                f"The network {student.name!r} has no FlowMix layer, so that "
                "it depends on no teacher."
            )
        self._found = Untracked(mixtures=found)

    def values(self, teacher, student, *, labels, index, step):
        over = ops.cast(step, "int32") + 1 >= self.cut_steps
        total = 0.0
        for mixture in self._found.mixtures:
            total = total - mixture.log_shares()[0]
            # Of use from the next step on.
            mixture.cut.assign(ops.cast(over, mixture.cut.dtype))
        outputs = keras.tree.flatten(student["outputs"])[0]
        batch = ops.shape(outputs)[0]
        return ops.ones((batch,), self.compute_dtype) * total

    def get_config(self):
        return {**super().get_config(), "cut_steps": self.cut_steps}
