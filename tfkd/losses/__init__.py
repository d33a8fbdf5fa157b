"""Distillation losses: what is compared, how much it counts.

Each is a Keras layer, so that transforms inside it are trained and saved, and
a `keras.distillation.DistillationLoss`.
"""

from tfkd.losses.base import KDLoss
from tfkd.losses.factor_transfer import FactorTransfer
from tfkd.losses.feature_match import FeatureMatch
from tfkd.losses.soft_targets import SoftTargets
from tfkd.losses.task_loss import TaskLoss
from tfkd.losses.variational_gaussian import VariationalGaussian

__all__ = [
    "FactorTransfer",
    "FeatureMatch",
    "KDLoss",
    "SoftTargets",
    "TaskLoss",
    "VariationalGaussian",
]
