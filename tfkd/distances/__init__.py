"""Distances D(teacher, student) of the survey's Eqn 10.

A distance gives one value per example in float32 and owns no weights. It is
a `keras.losses.Loss` whose `y_true` is the teacher and `y_pred` the student,
so it can also be passed to `compile` as it is.
"""

from tfkd.distances.activation_boundary import ActivationBoundary
from tfkd.distances.adjacent_product import AdjacentProduct
from tfkd.distances.base import Distance
from tfkd.distances.batch_mmd import BatchMMD
from tfkd.distances.gaussian_kl import GaussianKL
from tfkd.distances.graph import GraphDistance
from tfkd.distances.huber import HuberDistance
from tfkd.distances.l21 import L21Distance
from tfkd.distances.lp import LpDistance
from tfkd.distances.mmd import MMD
from tfkd.distances.normalized_lp import NormalizedLp
from tfkd.distances.partial_l2 import PartialL2
from tfkd.distances.probability_kl import ProbabilityKL
from tfkd.distances.sigmoid_kl import SigmoidKL
from tfkd.distances.softmax_kl import SoftmaxKL
from tfkd.distances.softmax_mse import SoftmaxMSE
from tfkd.distances.sphere_moments import SphereMoments
from tfkd.distances.sure_regions import SureRegions

__all__ = [
    "ActivationBoundary",
    "AdjacentProduct",
    "BatchMMD",
    "Distance",
    "GaussianKL",
    "GraphDistance",
    "HuberDistance",
    "L21Distance",
    "LpDistance",
    "MMD",
    "NormalizedLp",
    "PartialL2",
    "ProbabilityKL",
    "SigmoidKL",
    "SoftmaxKL",
    "SoftmaxMSE",
    "SphereMoments",
    "SureRegions",
]
