"""What a classifier is worth, in plain NumPy."""

from tfkd.metrics.accuracy import accuracy
from tfkd.metrics.accuracy import bootstrap_interval
from tfkd.metrics.accuracy import confusion_matrix
from tfkd.metrics.accuracy import correct
from tfkd.metrics.accuracy import most_confused
from tfkd.metrics.accuracy import per_class_accuracy
from tfkd.metrics.agreement import agreement
from tfkd.metrics.agreement import max_abs_error
from tfkd.metrics.calibration import brier
from tfkd.metrics.calibration import expected_calibration_error
from tfkd.metrics.calibration import nll
from tfkd.metrics.calibration import reliability

__all__ = [
    "accuracy",
    "agreement",
    "bootstrap_interval",
    "brier",
    "confusion_matrix",
    "correct",
    "expected_calibration_error",
    "max_abs_error",
    "most_confused",
    "nll",
    "per_class_accuracy",
    "reliability",
]
