"""A distance that counts less for examples that the student is unsure of."""

import keras
import numpy as np
from keras import ops

from tfkd.errors import InputError
from tfkd.losses.base import KDLoss
from tfkd.numerics import mean_square
from tfkd.transforms.regressor import fitting


@keras.saving.register_keras_serializable("tfkd")
class UncertainMatch(KDLoss):
    """Negative log-likelihood with a variance that each example has.

    Equation:  L = 1/2 [ mean_i (t_i - r(s)_i)^2 / v + log v ] ,
               v = softplus(w . g(s) + b) + eps
    Symbols:   t, s (batch, ..., channels) taps; r a `Regressor` to the shape
               of t, trained; g (batch, channels) the mean of s over
               positions; v one variance an example; w, b trained, w = 0 at
               the start. Nats an element; can be negative.
    Paper:     Kendall & Gal, *What Uncertainties Do We Need in Bayesian Deep
               Learning for Computer Vision?*, NeurIPS 2017,
               arXiv:1703.04977, Eqn 5: heteroscedastic uncertainty.

    Args:
        teacher_tap: Name of t.
        student_tap: Name of s.
        initial_variance: v at the start, > `epsilon`.
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
        initial_variance=1.0,
        epsilon=1e-3,
        name="uncertain_match",
        **kwargs,
    ):
        super().__init__(name=name, **kwargs)
        if not float("inf") > initial_variance > epsilon > 0:
            raise InputError(
                "UncertainMatch needs a finite initial_variance > epsilon > "
                f"0, received initial_variance={initial_variance!r}, "
                f"epsilon={epsilon!r}."
            )
        self.teacher_taps = (teacher_tap,)
        self.student_taps = (student_tap,)
        self.initial_variance = initial_variance
        self.epsilon = epsilon

    def setup(self, teacher, student):
        shape = tuple(student[self.student_taps[0]].shape)
        self.mean = fitting(
            tuple(teacher[self.teacher_taps[0]].shape),
            shape,
            always=True,
            name="mean",
            dtype=self.dtype_policy,
        )
        # The inverse of softplus, in which no large variance overflows.
        start = self.initial_variance - self.epsilon
        start = start + np.log(-np.expm1(-start))
        self.slope = self.add_weight((shape[-1],), "zeros", name="slope")
        self.offset = self.add_weight(
            (), keras.initializers.Constant(start), name="offset"
        )
        super().setup(teacher, student)

    def values(self, teacher, student, *, labels, index, step):
        features = student[self.student_taps[0]]
        error = mean_square(teacher[self.teacher_taps[0]] - self.mean(features))
        variance = self.variance(features)
        return 0.5 * (error / variance + ops.log(variance))

    def variance(self, features):
        """Returns v of a batch of student taps, shape `(batch,)`."""
        axes = tuple(range(1, len(features.shape) - 1))
        pooled = ops.mean(features, axis=axes) if axes else features
        score = ops.matmul(pooled, self.slope) + self.offset
        return ops.softplus(score) + self.epsilon

    def get_config(self):
        return {
            **super().get_config(),
            "teacher_tap": self.teacher_taps[0],
            "student_tap": self.student_taps[0],
            "initial_variance": self.initial_variance,
            "epsilon": self.epsilon,
        }
