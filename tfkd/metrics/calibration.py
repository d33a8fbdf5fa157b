"""Whether a model's probabilities can be believed."""

import numpy as np

from tfkd.errors import InputError
from tfkd.metrics.accuracy import checked
from tfkd.metrics.accuracy import correct

# Dequantized probabilities leave [0, 1] by a step of 1 / 256 at most; a
# coarser step still is no logit.
_SLACK = 0.05


def reliability(probabilities, labels, bins=15):
    """Returns confidence against accuracy, in bins of equal width.

    An example's confidence is its highest probability; bin `i` holds
    confidences in `(i / bins, (i + 1) / bins]`. Empty bins are left out.

    Args:
        probabilities: `(examples, classes)`.
        labels: Class numbers `(examples,)`.
        bins: Bins between 0 and 1.

    Returns:
        Dict of three lists, an entry a bin: mean `confidence`, `accuracy`,
        `count`.

    Raises:
        InputError: As `accuracy` does, or if these are no probabilities, such
            as logits.
    """
    probabilities, labels = _checked(probabilities, labels)
    right = correct(probabilities, labels)
    confidence = probabilities.astype(np.float64).max(axis=1)
    # Dequantized probabilities may exceed 1 by half a step.
    index = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    result = {"confidence": [], "accuracy": [], "count": []}
    for number in np.unique(index):
        inside = index == number
        result["confidence"].append(float(confidence[inside].mean()))
        result["accuracy"].append(float(right[inside].mean()))
        result["count"].append(int(inside.sum()))
    return result


def expected_calibration_error(probabilities, labels, bins=15):
    """Returns the mean gap between confidence and accuracy.

    Equation: ECE = sum_b n_b / n * |accuracy_b - confidence_b|, over the
    bins of `reliability`, which raises the same errors.
    """
    table = reliability(probabilities, labels, bins)
    counts = np.array(table["count"])
    gaps = np.abs(np.subtract(table["accuracy"], table["confidence"]))
    return float((counts * gaps).sum() / counts.sum())


def nll(probabilities, labels, floor=1e-300):
    """Returns the mean negative log likelihood of the labels, in nats.

    Args:
        probabilities: `(examples, classes)`.
        labels: Class numbers `(examples,)`.
        floor: What a smaller probability counts as. An int8 model's smallest
            probability is 0: pass half of its output step.

    Raises:
        InputError: As `reliability`.
    """
    probabilities, labels = _checked(probabilities, labels)
    likelihoods = probabilities[np.arange(len(labels)), labels]
    logs = np.log(np.maximum(likelihoods.astype(np.float64), floor))
    # Adding 0 turns -0.0, a perfect score, into 0.0.
    return float(-logs.mean() + 0.0)


def brier(probabilities, labels):
    """Returns the mean squared distance to the one-hot labels, 0 to 2.

    Raises:
        InputError: As `reliability`.
    """
    probabilities, labels = _checked(probabilities, labels)
    errors = probabilities.astype(np.float64)
    errors[np.arange(len(labels)), labels] -= 1.0
    return float((errors**2).sum(axis=1).mean())


def _checked(probabilities, labels):
    probabilities, labels = checked(probabilities, labels)
    low, high = probabilities.min(), probabilities.max()
    if low < -_SLACK or high > 1 + _SLACK:
        raise InputError(
            "Probabilities lie between 0 and 1, received values from "
            f"{low:.3g} to {high:.3g}. Apply a softmax to logits first."
        )
    return probabilities, labels
