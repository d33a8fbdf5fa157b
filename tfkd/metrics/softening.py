"""What temperature makes of a teacher's scores."""

import numpy as np

from tfkd.errors import InputError
from tfkd.metrics.accuracy import checked

LOWEST, HIGHEST = 1.0, 20.0


def log_probabilities(logits, temperature=1.0):
    """Returns `log softmax(logits / temperature)` in float64."""
    scaled = np.asarray(logits, np.float64) / temperature
    scaled -= scaled.max(axis=-1, keepdims=True)
    return scaled - np.log(np.exp(scaled).sum(axis=-1, keepdims=True))


def mean_entropy(logits, temperature=1.0):
    """Returns the mean entropy of soft targets, in nats.

    Args:
        logits: `(examples, classes)`, finite.
        temperature: T > 0.
    """
    logs = log_probabilities(logits, temperature)
    # Adding 0 turns -0.0, that of one certain class, into 0.0.
    return float(-(np.exp(logs) * logs).sum(axis=-1).mean() + 0.0)


def temperature_of_entropy(logits, share=0.5, *, bounds=(LOWEST, HIGHEST)):
    """Returns the temperature at which the entropy is a share of the most.

    The mean entropy grows with T, from that of the largest class alone to
    ln C, that of C equal classes.

    Args:
        logits: `(examples, classes)`, finite.
        share: Of ln C.
        bounds: Lowest and highest answer.

    Returns:
        A float within `bounds`; one of them where the share is not reached
        between them.

    Raises:
        InputError: If there is no example, or a score is not finite.
    """
    logits = _checked(logits)
    wanted = share * np.log(logits.shape[1])
    low, high = bounds
    for _ in range(40):
        middle = np.sqrt(low * high)
        if mean_entropy(logits, middle) < wanted:
            low = middle
        else:
            high = middle
    return float(high)


def calibrating_temperature(logits, labels, *, bounds=(0.05, HIGHEST)):
    """Returns the temperature that makes the labels most likely.

    Equation:  T = argmin mean_i -log softmax(z_i / T)[y_i]
    Paper:     Guo et al., *On Calibration of Modern Neural Networks*, ICML
               2017, arXiv:1706.04599. Above 1: the model is too sure.

    Args:
        logits: `(examples, classes)`, finite.
        labels: Class numbers `(examples,)`.
        bounds: Lowest and highest answer.

    Returns:
        A float within `bounds`.

    Raises:
        InputError: If a score is not finite, or a label no class number.
    """
    logits, labels = checked(_checked(logits), labels)
    rows = np.arange(len(logits))

    def loss(inverse):
        return -log_probabilities(logits, 1 / inverse)[rows, labels].mean()

    # Convex in 1 / T: thirds close in on the least.
    low, high = 1 / bounds[1], 1 / bounds[0]
    for _ in range(60):
        first, second = (2 * low + high) / 3, (low + 2 * high) / 3
        if loss(first) < loss(second):
            high = second
        else:
            low = first
    return float(2 / (low + high))


def _checked(logits):
    logits = np.asarray(logits)
    if logits.ndim != 2 or not len(logits) or logits.shape[1] < 2:
        raise InputError(
            "Soft targets are made of scores (examples, classes) of at least "
            f"one example and two classes, received shape {logits.shape}."
        )
    if not np.isfinite(logits).all():
        raise InputError(
            "Soft targets are made of finite scores, received NaN or infinity. "
            "Check the model's weights, and leave such examples out."
        )
    return logits
