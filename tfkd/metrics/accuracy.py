"""Right answers: how many, how surely, and where."""

import numpy as np

from tfkd.errors import InputError


def accuracy(probabilities, labels):
    """Returns the fraction of examples whose most likely class is right.

    Args:
        probabilities: `(examples, classes)`; logits do as well. Of equal
            ones the first counts.
        labels: Class numbers `(examples,)`.

    Raises:
        InputError: If there is no example, or shapes or labels do not fit.
    """
    return float(correct(probabilities, labels).mean())


def correct(probabilities, labels):
    """Returns for each example whether its most likely class is right."""
    probabilities, labels = checked(probabilities, labels)
    return probabilities.argmax(axis=1) == labels


def bootstrap_interval(values, *, samples=1000, confidence=0.95, seed=0):
    """Returns the percentile bootstrap interval of a mean.

    Draws `samples` data sets of the same size with replacement and takes the
    quantiles of their means. Given the difference of two models' right
    answers on the same examples, it is the paired interval of their gap. It
    has no width where all values are equal, and says nothing of the spread
    between training seeds.

    Args:
        values: One number, or bool, an example `(examples,)`.
        samples: Data sets drawn.
        confidence: Part of the means inside the interval.
        seed: Of the draws.

    Returns:
        `(low, high)`.

    Raises:
        InputError: If there are no values, or `samples` is below 1.
    """
    values = np.asarray(values, np.float64)
    if not len(values) or samples < 1:
        raise InputError(
            "A bootstrap needs at least one value and one sample, received "
            f"{len(values)} and {samples}."
        )
    generator = np.random.default_rng(seed)
    means = [
        values[generator.integers(len(values), size=len(values))].mean()
        for _ in range(samples)
    ]
    tail = (1 - confidence) / 2
    low, high = np.quantile(means, [tail, 1 - tail])
    return float(low), float(high)


def confusion_matrix(probabilities, labels):
    """Returns counts `(classes, classes)`: rows are labels, columns answers."""
    probabilities, labels = checked(probabilities, labels)
    classes = probabilities.shape[1]
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (labels, probabilities.argmax(axis=1)), 1)
    return matrix


def most_confused(matrix, count=1):
    """Returns the pairs of classes that are taken for each other most often.

    Args:
        matrix: Of `confusion_matrix`.
        count: How many pairs.

    Returns:
        `((first, second), ...)` with first < second, the most confused pair
        first; pairs that are never confused are left out.
    """
    matrix = np.asarray(matrix)
    errors = np.triu(matrix + matrix.T, k=1)
    order = np.argsort(-errors, axis=None, kind="stable")[:count]
    rows, columns = np.unravel_index(order, errors.shape)
    return tuple(
        (int(row), int(column))
        for row, column in zip(rows, columns)
        if errors[row, column] > 0
    )


def per_class_accuracy(matrix):
    """Returns each class's accuracy; `None` where it has no example."""
    totals = matrix.sum(axis=1)
    return [
        float(matrix[i, i] / total) if total else None
        for i, total in enumerate(totals)
    ]


def checked(probabilities, labels):
    """Returns both as arrays that fit each other.

    Labels become int64: what counts by them needs whole numbers.

    Raises:
        InputError: If there is no example, a value is not finite, shapes
            differ, or a label is no class number.
    """
    probabilities, labels = np.asarray(probabilities), np.asarray(labels)
    if probabilities.ndim != 2 or labels.shape != probabilities.shape[:1]:
        raise InputError(
            "Metrics take probabilities (examples, classes) and labels "
            f"(examples,), received shapes {probabilities.shape} and "
            f"{labels.shape}."
        )
    if not len(labels):
        raise InputError("Metrics need at least one example, received none.")
    if not np.isfinite(probabilities).all():
        bad = int((~np.isfinite(probabilities)).any(axis=1).sum())
        raise InputError(
            f"Probabilities must be finite, {bad} of {len(labels)} examples "
            "have NaN or infinity. Check the model's weights."
        )
    classes = probabilities.shape[1]
    whole = (labels >= 0) & (labels < classes) & (labels % 1 == 0)
    if not whole.all():
        raise InputError(
            f"Labels must be whole numbers in [0, {classes - 1}], received "
            f"{labels[~whole][0]}. Evaluate on labelled examples only."
        )
    return probabilities, labels.astype(np.int64)
