"""The student's Dirichlet distribution over an ensemble's predictions."""

import math

import keras
from keras import ops

from tfkd import schedules
from tfkd.distances.base import compatible
from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example
from tfkd.numerics import stirling_remainder

# exp(60) is far beyond what a likelihood distinguishes, and inside float32.
_LARGEST_LOG_PRECISION = 60.0


@keras.saving.register_keras_serializable("tfkd")
class DirichletLikelihood(KDLoss):
    """Negative log-likelihood of every teacher's class probabilities.

    Equation:  L = -1/M sum_m ln Dir(p_m; alpha),  alpha = exp(z_s / T),
               p_m = (1 - e) softmax(z_m / T) + e / C
    Symbols:   z_m, z_s (batch, ..., C) logits of teacher m of M and of the
               student; T = `temperature`; e = `smoothing`. In nats per
               example; a density, so that L may be negative.
    Paper:     Malinin, Mlodozeniec & Gales, *Ensemble Distribution
               Distillation*, ICLR 2020, arXiv:1905.00076.

    Computed as a_0 KL(alpha / a_0 || geometric mean of p_m) and terms in
    ln alpha, with a_0 = sum alpha: the log-gammas of large alpha, which would
    cancel, do not occur. The student's softmax is the mean of the Dirichlet
    distribution, so that it predicts as any classifier does.

    Args:
        teacher_taps: Names of the z_m, at least one.
        temperature: T > 0, a number or schedule.
        smoothing: e in (0, 1), so that no p is zero.
        student_tap: Name of z_s.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If an argument is out of range.
    """

    def __init__(
        self,
        *,
        teacher_taps,
        temperature=1.0,
        smoothing=1e-4,
        student_tap="logits",
        name="dirichlet_likelihood",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        self.teacher_taps = tuple(teacher_taps)
        self.student_taps = (student_tap,)
        if not self.teacher_taps:
            raise InputError(
                "DirichletLikelihood needs at least one teacher tap, received "
                "none. For example teacher_taps=('0/logits', '1/logits')."
            )
        self.temperature = schedules.get(
            temperature, "temperature", minimum=0.0, exclusive=True
        )
        if not 0 < smoothing < 1:
            raise InputError(
                f"smoothing must be in (0, 1), received {smoothing!r}. "
                "Without it a class that a teacher rules out has an infinite "
                "loss; 1e-4 changes little else."
            )
        self.smoothing = float(smoothing)

    def setup(self, teacher, student):
        own = tuple(student[self.student_taps[0]].shape)
        for name in self.teacher_taps:
            shape = tuple(teacher[name].shape)
            if not compatible(shape, own):
                raise InputError(
                    "A Dirichlet distribution needs teachers and student of "
                    f"the same classes, received logits of shapes {shape} "
                    f"({name}) and {own} (student). Leave this teacher out."
                )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        temperature = ops.cast(self.temperature(step), self.compute_dtype)
        log_alpha = student[self.student_taps[0]] / temperature
        log_p = [
            self._smoothed(ops.log_softmax(teacher[name] / temperature))
            for name in self.teacher_taps
        ]
        mean_log_p = ops.mean(ops.stack(log_p), axis=0)
        return per_example(negative_log_dirichlet(log_alpha, mean_log_p))

    def _smoothed(self, log_p):
        """ln((1 - e) p + e / C)."""
        floor = math.log(self.smoothing / log_p.shape[-1])
        return ops.logaddexp(
            log_p + math.log1p(-self.smoothing), ops.full_like(log_p, floor)
        )

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_taps": self.teacher_taps,
            "temperature": keras.saving.serialize_keras_object(
                self.temperature
            ),
            "smoothing": self.smoothing,
            "student_tap": self.student_taps[0],
        }


def negative_log_dirichlet(log_alpha, log_p):
    """-ln Dir(p; alpha) over the last axis.

    Args:
        log_alpha: ln of the concentrations, (..., classes).
        log_p: ln of the probabilities, or their mean over several p.

    Returns:
        Nats, shape (...).
    """
    classes = log_alpha.shape[-1]
    log_precision = ops.logsumexp(log_alpha, axis=-1)
    log_mean = ops.log_softmax(log_alpha, axis=-1)
    precision = ops.exp(ops.minimum(log_precision, _LARGEST_LOG_PRECISION))
    divergence = ops.sum(ops.exp(log_mean) * (log_mean - log_p), axis=-1)
    rest = stirling_remainder(log_alpha) - 0.5 * log_alpha + log_p
    total = ops.sum(rest, axis=-1)
    total = total - stirling_remainder(log_precision) + 0.5 * log_precision
    constant = 0.5 * (classes - 1) * math.log(2 * math.pi)
    return precision * divergence + total + constant
