"""Distances D(teacher, student) of the survey's Eqn 10.

A distance gives one value per example in float32 and owns no weights. It is
a `keras.losses.Loss` whose `y_true` is the teacher and `y_pred` the student,
so it can also be passed to `compile` as it is.
"""

from tfkd.distances.base import Distance
from tfkd.distances.lp import LpDistance
from tfkd.distances.softmax_kl import SoftmaxKL

__all__ = ["Distance", "LpDistance", "SoftmaxKL"]
