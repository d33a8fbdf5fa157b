"""A few old examples that stand for the classes seen before."""

import numpy as np

from tfkd import checks
from tfkd.errors import InputError
from tfkd.sources.class_numbers import class_numbers


class Exemplars:
    """Examples of each class, at most `budget` in all, chosen by herding.

    Equation:  p_k = argmin_x || mu - 1/k (phi(x) + sum_(j<k) phi(p_j)) ||_2
    Symbols:   phi(x) features of unit norm; mu their mean over the class;
               p_k the k-th exemplar: the first ones are the best, so a
               class is cut from its end.
    Paper:     Rebuffi et al., *iCaRL: Incremental Classifier and
               Representation Learning*, CVPR 2017, arXiv:1611.07725,
               Algorithms 4-5.

    Args:
        budget: Examples in all; each class has `budget // classes`.

    Attributes:
        classes: The classes that are stored, in order of arrival.

    Raises:
        InputError: If `budget` is not positive.
    """

    def __init__(self, budget):
        checks.whole(1, budget=budget)
        self.budget = int(budget)
        self._stored = {}

    @property
    def classes(self):
        return list(self._stored)

    def add(self, x, y, features):
        """Stores exemplars of new classes, and shortens those of the others.

        Args:
            x: Examples, an array.
            y: Their classes, whole numbers >= 0, `(examples,)` or
                `(examples, 1)`.
            features: Their features `(examples, features)`, of the model as
                it is now.

        Raises:
            InputError: If a class is stored already or is none, the lengths
                differ or the budget is below one example a class.
        """
        x, features = np.asarray(x), np.asarray(features)
        y = class_numbers(y, len(x))
        if len(x) != len(features):
            raise InputError(
                "Exemplars need one row of features for each example, "
                f"received {len(x)} examples and {len(features)} rows."
            )
        new = [int(label) for label in np.unique(y)]
        known = [label for label in new if label in self._stored]
        if known:
            raise InputError(
                f"The classes {known} are stored already. Add the examples "
                "of new classes only."
            )
        count = len(self._stored) + len(new)
        each = self.budget // max(count, 1)
        if each < 1:
            raise InputError(
                f"A budget of {self.budget} examples is less than one for "
                f"each of {count} classes. Raise it."
            )
        self._stored = {c: kept[:each] for c, kept in self._stored.items()}
        for label in new:
            rows = np.flatnonzero(y == label)
            self._stored[label] = x[rows[herd(features[rows], each)]]

    def arrays(self):
        """Returns `(x, y)` of all exemplars, class by class.

        Raises:
            InputError: If none is stored.
        """
        if not self._stored:
            raise InputError("No exemplar is stored yet. Call add() first.")
        x = np.concatenate(list(self._stored.values()))
        counts = [len(kept) for kept in self._stored.values()]
        return x, np.repeat(np.array(self.classes, "int32"), counts)


def herd(features, count):
    """Returns the rows of up to `count` examples whose mean follows the mean.

    Args:
        features: `(examples, features)`; rows are scaled to unit norm.
        count: How many, at least 1.
    """
    features = np.asarray(features, "float64").reshape(len(features), -1)
    norm = np.linalg.norm(features, axis=1, keepdims=True)
    features = features / np.where(norm > 0, norm, 1.0)
    mean, total = features.mean(axis=0), np.zeros(features.shape[1])
    chosen, left = [], np.ones(len(features), bool)
    for k in range(1, min(count, len(features)) + 1):
        error = np.linalg.norm(mean - (total + features) / k, axis=1)
        best = int(np.argmin(np.where(left, error, np.inf)))
        chosen.append(best)
        left[best] = False
        total += features[best]
    return np.array(chosen, int)


def balanced_herd(features, y):
    """Returns rows of as many examples of every class, chosen by herding.

    Args:
        features: `(examples, features)`.
        y: Classes `(examples,)`; the smallest one says how many.
    """
    features, y = np.asarray(features), np.asarray(y)
    classes, sizes = np.unique(y, return_counts=True)
    found = []
    for label in classes:
        rows = np.flatnonzero(y == label)
        found.append(rows[herd(features[rows], int(min(sizes)))])
    return np.concatenate(found)


def balanced_split(x, y, *, fraction=0.1, seed=0):
    """Splits off as many examples of every class, for validation.

    Args:
        x: Examples, an array.
        y: Their classes, whole numbers >= 0, `(examples,)` or
            `(examples, 1)`.
        fraction: Part of the smallest class that is split off, in (0, 1);
            at least one example of each class.
        seed: Of the choice.

    Returns:
        `(x, y)` of the rest, `(x, y)` of the validation split.

    Raises:
        InputError: If `fraction` is out of range, a class has one example, or
            is none.
    """
    x, y = np.asarray(x), np.asarray(y)
    if not 0 < fraction < 1:
        raise InputError(f"fraction must be in (0, 1), received {fraction!r}.")
    numbers = class_numbers(y, len(x))
    classes, sizes = np.unique(numbers, return_counts=True)
    smallest = int(min(sizes, default=0))
    if smallest < 2:
        raise InputError(
            "Every class needs at least 2 examples, one to train and one to "
            f"validate, received {dict(zip(classes.tolist(), sizes.tolist()))}."
        )
    each = max(1, int(fraction * smallest))
    random = np.random.default_rng(seed)
    chosen = np.zeros(len(y), bool)
    for label in classes:
        rows = np.flatnonzero(numbers == label)
        chosen[random.choice(rows, each, replace=False)] = True
    return (x[~chosen], y[~chosen]), (x[chosen], y[chosen])
