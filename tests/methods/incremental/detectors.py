"""An old detector, a grown one, and answers of both."""

import numpy as np

from tfkd import methods
from tfkd.models.grown_detector import grow_detector
from tfkd.tasks import detection

_RANDOM = np.random.default_rng(0)
# Two images of 128 anchors; three old classes, and two new ones.
OLD = _RANDOM.normal(size=(2, 128, 7))
NEW = _RANDOM.normal(size=(2, 128, 9))


def network():
    """The old detector."""
    return detection.model(num_classes=3, filters=(2, 3, 4), neck=4)


def build(key, **arguments):
    """Builds a method on both."""
    teacher = network()
    return methods.get(key).build(
        **{
            "teacher": teacher,
            "student": grow_detector(teacher, 2),
            **arguments,
        }
    )


def total(distiller, **features):
    """The weighted losses of each image, from answers and further taps.

    Args:
        distiller: What `build` returned.
        **features: Name of a tap to the old and the new one.
    """
    pairs = {"outputs": (OLD, NEW), **features}
    teacher, student = (
        {name: np.float32(pair[side]) for name, pair in pairs.items()}
        for side in (0, 1)
    )
    return sum(
        float(loss.weight(0)) * np.asarray(loss(teacher, student))
        for loss in distiller.distillation_losses
    )


def sigmoid(z):
    """Confidence of a score."""
    return 1 / (1 + np.exp(-z))


def bernoulli_kl(first, second):
    """Divergence of confidences, element by element."""
    p, q = sigmoid(first), sigmoid(second)
    return p * np.log(p / q) + (1 - p) * np.log((1 - p) / (1 - q))
