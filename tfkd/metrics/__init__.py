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
from tfkd.metrics.cka import cka_matrix
from tfkd.metrics.cka import linear_cka
from tfkd.metrics.softening import calibrating_temperature
from tfkd.metrics.softening import mean_entropy
from tfkd.metrics.softening import temperature_of_entropy

__all__ = [
    "accuracy",
    "agreement",
    "bootstrap_interval",
    "brier",
    "calibrating_temperature",
    "cka_matrix",
    "confusion_matrix",
    "correct",
    "expected_calibration_error",
    "linear_cka",
    "max_abs_error",
    "mean_entropy",
    "most_confused",
    "nll",
    "per_class_accuracy",
    "reliability",
    "temperature_of_entropy",
]
