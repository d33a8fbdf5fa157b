"""How far to imitate each teacher, from a few labelled examples."""

import numpy as np

from tfkd.errors import InputError


def imitation_shares(features, labels, scores, *, penalty=1.0):
    """Returns the shares of labels and teachers with the least error.

    A least-squares support vector machine is trained on the features, once
    for the labels and once for each teacher's scores. Its leave-one-out
    predictions f_k have a closed form, and are linear in the targets; so
    those of a mixture of targets are the mixture of the f_k:

    Equation:  l = argmin sum_n || y_n - sum_k l_k f_k(x_n) ||^2,
               l >= 0, sum_k l_k = 1;  f_0 of the labels, f_k of teacher k
               f_k(x_n) = t_n - a_n / (M^-1)_nn,
               M (a, b) = (t, 0),  M = [[K + C I, 1], [1, 0]]
    Symbols:   y one-against-rest labels of -1 and 1; t the targets: y, or
               2 p_k - 1; K = X X' of standardized features X, divided by
               their number; C = `penalty`.
    Paper:     Ao, Li & Ling, *Fast Generalized Distillation for
               Semi-supervised Domain Adaptation*, AAAI 2017; the prediction:
               Cawley, *Leave-One-Out Cross-Validation Based Model Selection
               Criteria for Weighted LS-SVMs*, IJCNN 2006.

    Args:
        features: `(examples, ...)`.
        labels: Class numbers, `(examples,)`, at least two examples.
        scores: Probabilities of each teacher, `(teachers, examples,
            classes)`.
        penalty: C > 0.

    Returns:
        A float64 array: the label's share, then each teacher's.

    Raises:
        InputError: If shapes do not fit, or a number is not finite.
    """
    features = np.asarray(features, "float64")
    features = features.reshape(len(features), -1)
    scores = np.asarray(scores, "float64")
    labels = np.asarray(labels).astype("int64").ravel()
    _check(features, labels, scores, penalty)
    truth = 2.0 * np.eye(scores.shape[-1])[labels] - 1.0
    targets = np.concatenate([truth[None], 2.0 * scores - 1.0])
    predictions = _left_out(_kernel(features), targets, penalty)
    errors = (truth - predictions).reshape(len(targets), -1)
    return least_squares_on_simplex(errors @ errors.T)


def least_squares_on_simplex(gram, steps=5000):
    """Returns argmin l' G l over l >= 0, sum l = 1, by projected gradient.

    Args:
        gram: G, symmetric and positive semi-definite.
        steps: Of the gradient, each of length 1 / (2 largest eigenvalue).
    """
    shares = np.full(len(gram), 1.0 / len(gram))
    largest = np.linalg.eigvalsh(gram)[-1]
    if largest <= 0:
        return shares
    for _ in range(steps):
        moved = _on_simplex(shares - gram @ shares / largest)
        if np.array_equal(moved, shares):
            break
        shares = moved
    return shares


def _kernel(features):
    centred = features - features.mean(axis=0)
    deviation = centred.std(axis=0)
    # A feature that never changes says nothing.
    scaled = centred / np.where(deviation > 1e-12, deviation, 1.0)
    return scaled @ scaled.T / scaled.shape[1]


def _left_out(kernel, targets, penalty):
    """What is predicted of each example by a machine trained on the rest."""
    count = len(kernel)
    system = np.ones((count + 1, count + 1))
    system[:count, :count] = kernel + penalty * np.eye(count)
    system[count, count] = 0.0
    inverse = np.linalg.inv(system)
    rows = inverse[:count, :count]
    alphas = np.einsum("nm,kmc->knc", rows, targets)
    return targets - alphas / np.diag(rows)[:, None]


def _on_simplex(x):
    """The nearest point with x >= 0 and sum x = 1."""
    ordered = np.sort(x)[::-1]
    surplus = np.cumsum(ordered) - 1.0
    counts = np.arange(1, len(x) + 1)
    last = np.flatnonzero(ordered - surplus / counts > 0)[-1]
    return np.maximum(x - surplus[last] / counts[last], 0.0)


def _check(features, labels, scores, penalty):
    if (
        scores.ndim != 3
        or scores.shape[1] != len(labels)
        or len(features) != len(labels)
        or len(labels) < 2
        or not np.all((labels >= 0) & (labels < scores.shape[-1]))
    ):
        raise InputError(
            "The shares of teachers are solved from at least two labelled "
            "examples: features (examples, ...), class numbers (examples,) "
            "and probabilities (teachers, examples, classes). Received "
            f"shapes {features.shape}, {labels.shape} and {scores.shape}."
        )
    finite = np.all(np.isfinite(features)) and np.all(np.isfinite(scores))
    if not finite or not 0 < penalty < float("inf"):
        raise InputError(
            "Features and probabilities must be finite, and penalty a finite "
            f"number > 0; received penalty={penalty!r}, finite: {finite}."
        )
