"""A bound on the information that the student has about the teacher."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import per_example
from tfkd.transforms import Translator


@keras.saving.register_keras_serializable("tfkd")
class VariationalGaussian(KDLoss):
    """Negative log-likelihood of the teacher's tap given the student's.

    Equation:  L = mean_i 1/2 [(t_i - mu_i(s))^2 / v_c + log v_c],
               v_c = softplus(a_c) + eps, c the channel of i; the sum over i
               if `reduce="sum"`; without the constant log(2 pi) / 2
    Symbols:   t, s (batch, ..., channels) taps; mu three 1x1 convolutions
               with ReLUs between, trained; a (channels,) trained.
               Nats; can be negative.
    Paper:     Ahn et al., *Variational Information Distillation for
               Knowledge Transfer*, CVPR 2019, arXiv:1904.05835, Sec 2;
               the survey's Eqn 5 with q Gaussian.

    Args:
        teacher_tap: Name of t.
        student_tap: Name of s.
        reduce: `"mean"` or `"sum"` over everything but the batch.
        initial_variance: v_c at the start, > `epsilon`.
        epsilon: eps > 0, the smallest variance.
        **kwargs: See `KDLoss`.

    Raises:
        InputError: If a number is out of range or the taps differ in rank.
    """

    def __init__(
        self,
        *,
        teacher_tap,
        student_tap,
        reduce="mean",
        initial_variance=5.0,
        epsilon=1e-5,
        name="variational",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not initial_variance > epsilon > 0 or reduce not in ("mean", "sum"):
            raise InputError(
                "VariationalGaussian needs initial_variance > epsilon > 0 "
                "and reduce 'mean' or 'sum', received "
                f"initial_variance={initial_variance!r}, epsilon={epsilon!r},"
                f" reduce={reduce!r}."
            )
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.reduce = reduce
        self.initial_variance = initial_variance
        self.epsilon = epsilon

    def setup(self, teacher, student):
        shape = tuple(teacher[self.teacher_taps[0]].shape)
        self.mean = Translator(
            kernel_size=1,
            activation="relu",
            activate_last=False,
            use_bias=False,
            hidden="output",
            name="mean",
            dtype=self.dtype_policy,
        )
        self.mean.match(shape)
        self.mean.build(tuple(student[self.student_taps[0]].shape))
        # The inverse of softplus, in which no large variance overflows.
        start = self.initial_variance - self.epsilon
        start = start + np.log(-np.expm1(-start))
        self.log_scale = self.add_weight(
            shape[-1:], keras.initializers.Constant(start), name="log_scale"
        )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        target = teacher[self.teacher_taps[0]]
        mean = self.mean(student[self.student_taps[0]])
        variance = ops.softplus(self.log_scale) + self.epsilon
        error = ops.square(target - mean) / variance
        return per_example(0.5 * (error + ops.log(variance)), self.reduce)

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "reduce": self.reduce,
            "initial_variance": self.initial_variance,
            "epsilon": self.epsilon,
        }
