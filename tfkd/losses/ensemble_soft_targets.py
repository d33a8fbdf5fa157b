"""The student follows the mean of several softened predictions."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example
from tfkd.numerics import shares

_FUSIONS = ("probabilities", "logits")


@keras.saving.register_keras_serializable("tfkd")
class EnsembleSoftTargets(KDLoss):
    """KL from the weighted mean of softened class probabilities.

    Equation:  L = T^2 KL(q || softmax(z_s / T)), the mean over positions of
               dense maps. In nats. (survey Eqns 23-24)
               fuse "probabilities":  q = sum_i g_i softmax(z_i / T)
               fuse "logits":         q = softmax(sum_i g_i z_i / T)
               with sum_i g_i = 1
    Symbols:   z_i, z_s (batch, ..., classes) logits; g = `shares`;
               T = `temperature`.

    Unlike logits of a fused ensemble, every teacher is softened before the
    mean, so that it is exact for any T.

    Args:
        teacher_taps: Names of the z_i, at least one.
        shares: g, non-negative; normalized; equal if absent.
        temperature: T > 0, a number or schedule.
        student_tap: Name of z_s.
        fuse: `"probabilities"` or `"logits"`: what is averaged.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If an argument is out of range.
    """

    def __init__(
        self,
        *,
        teacher_taps,
        shares=None,
        temperature=1.0,
        student_tap="logits",
        fuse="probabilities",
        name="soft_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if fuse not in _FUSIONS:
            raise unknown("fusion of predictions", fuse, _FUSIONS)
        self.fuse = fuse
        self.teacher_taps = tuple(teacher_taps)
        self.student_taps = (student_tap,)
        self.shares = _shares(shares, self.teacher_taps)
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )

    def setup(self, teacher, student):
        own = tuple(student[self.student_taps[0]].shape)
        for name in self.teacher_taps:
            if not compatible(tuple(teacher[name].shape), own):
                raise InputError(
                    "Soft targets need teachers and student to score the "
                    f"same classes, received logits of shapes "
                    f"{tuple(teacher[name].shape)} ({name}) and {own} "
                    "(student). Leave this teacher out, or give the student "
                    "as many outputs."
                )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        temperature = ops.cast(self.temperature(step), self.compute_dtype)
        target = self._target(teacher, temperature)
        logits = student[self.student_taps[0]] / temperature
        divergence = per_example(softmax_kl(target, logits))
        return divergence * ops.square(temperature)

    def _target(self, teacher, temperature):
        """Returns what softmax makes q of."""
        # A teacher without a share is left out, as log 0 is.
        shares = {n: g for n, g in zip(self.teacher_taps, self.shares) if g > 0}
        softened = {name: teacher[name] / temperature for name in shares}
        if self.fuse == "logits":
            return sum(g * softened[name] for name, g in shares.items())
        # log sum_i g_i p_i, in log space.
        terms = [
            ops.log_softmax(softened[name], axis=-1)
            + ops.log(ops.convert_to_tensor(g, self.compute_dtype))
            for name, g in shares.items()
        ]
        return ops.logsumexp(ops.stack(terms), axis=0)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_taps": self.teacher_taps,
            "shares": self.shares,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
            "student_tap": self.student_taps[0],
            "fuse": self.fuse,
        }


def _shares(values, taps):
    if not taps:
        raise InputError(
            "EnsembleSoftTargets needs at least one teacher tap, received "
            "none. For example teacher_taps=('0/logits', '1/logits')."
        )
    return shares("shares of teachers", values, len(taps))
