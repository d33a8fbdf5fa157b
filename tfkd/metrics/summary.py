"""All metrics of one model on one split."""

import numpy as np

from tfkd.metrics.accuracy import bootstrap_interval
from tfkd.metrics.accuracy import confusion_matrix
from tfkd.metrics.accuracy import correct
from tfkd.metrics.accuracy import per_class_accuracy
from tfkd.metrics.agreement import agreement
from tfkd.metrics.calibration import brier
from tfkd.metrics.calibration import expected_calibration_error
from tfkd.metrics.calibration import nll
from tfkd.metrics.calibration import reliability


def summarize(
    probabilities,
    labels,
    *,
    seed_accuracies,
    teacher_probabilities,
    floor=1e-300,
    bootstrap_samples=1000,
):
    """Returns what `metrics.json` says of one model.

    Args:
        probabilities: `(examples, classes)` of the selected seed.
        labels: Class numbers `(examples,)`.
        seed_accuracies: Training seed to accuracy, the selected one included.
        teacher_probabilities: `(examples, classes)`.
        floor: Smallest probability that counts in the NLL.
        bootstrap_samples: For the interval, see `bootstrap_interval`.

    Returns:
        A dict of numbers and lists; `accuracy_std` is the standard deviation
        of a sample (n - 1) of seeds, 0 for a single one.
    """
    right = correct(probabilities, labels)
    interval = bootstrap_interval(right, samples=bootstrap_samples)
    matrix = confusion_matrix(probabilities, labels)
    seeds = list(seed_accuracies.values())
    return {
        "accuracy": float(right.mean()),
        "accuracy_interval": list(interval),
        "accuracy_mean": float(np.mean(seeds)),
        "accuracy_std": float(np.std(seeds, ddof=1)) if len(seeds) > 1 else 0.0,
        "agreement_with_teacher": agreement(
            probabilities, teacher_probabilities
        ),
        "brier": brier(probabilities, labels),
        "confusion_matrix": matrix.tolist(),
        "ece": expected_calibration_error(probabilities, labels),
        "nll": nll(probabilities, labels, floor),
        "per_class_accuracy": per_class_accuracy(matrix),
        "reliability": reliability(probabilities, labels),
        "seed_accuracies": {
            str(seed): float(value) for seed, value in seed_accuracies.items()
        },
    }
