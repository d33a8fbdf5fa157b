"""The student follows the mean of several softened predictions."""

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.distances.softmax_kl import softmax_kl
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example
from tfkd.numerics import shares


@keras.saving.register_keras_serializable("tfkd")
class EnsembleSoftTargets(KDLoss):
    """KL from the weighted mean of softened class probabilities.

    Equation:  L = T^2 KL(sum_i g_i softmax(z_i / T) || softmax(z_s / T)),
               sum_i g_i = 1; the mean over positions of dense maps. In nats.
               (survey Eqns 23-24)
    Symbols:   z_i, z_s (batch, ..., classes) logits; g = `shares`;
               T = `temperature`.

    Unlike logits of a fused ensemble, every teacher is softened before the
    mean, so that it is exact for any T.

    Args:
        teacher_taps: Names of the z_i, at least one.
        shares: g, non-negative; normalized; equal if absent.
        temperature: T > 0, a number or schedule.
        student_tap: Name of z_s.
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
        name="soft_targets",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
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
        # log sum_i g_i p_i, in log space; a teacher without a share is
        # left out, as log 0 is.
        terms = [
            ops.log_softmax(teacher[name] / temperature, axis=-1)
            + ops.log(ops.convert_to_tensor(share, self.compute_dtype))
            for name, share in zip(self.teacher_taps, self.shares)
            if share > 0
        ]
        target = ops.logsumexp(ops.stack(terms), axis=0)
        logits = student[self.student_taps[0]] / temperature
        divergence = per_example(softmax_kl(target, logits))
        return divergence * ops.square(temperature)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_taps": self.teacher_taps,
            "shares": self.shares,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
            "student_tap": self.student_taps[0],
        }


def _shares(values, taps):
    if not taps:
        raise InputError(
            "EnsembleSoftTargets needs at least one teacher tap, received "
            "none. For example teacher_taps=('0/logits', '1/logits')."
        )
    return shares("shares of teachers", values, len(taps))
