"""A Gaussian of a teacher's features for each class."""

import dataclasses

import numpy as np

from tfkd import taps as tap_lib
from tfkd.errors import InputError
from tfkd.sources.representations import read_features


@dataclasses.dataclass(frozen=True)
class ClassGaussians:
    """What may be recorded of the training data, and features drawn from it.

    Equation:  phi = mu_k + A_k e,  A_k A_k^T = cov_k, in each tap by itself
    Symbols:   mu_k, cov_k mean and covariance of the features of class k; e
               standard normal; A_k the diagonal of standard deviations where
               cov_k is not positive definite.
    Paper:     Lopes, Fenu & Starner, *Data-Free Knowledge Distillation for
               Deep Neural Networks*, arXiv:1710.07535. The authors' code
               multiplies by A_k^T, which has another covariance.

    Attributes:
        taps: Names of the taps.
        sizes: Features of each tap.
        classes: Numbers of the classes `(k,)` that were seen.
        means: For each tap `(k, size)`.
        factors: For each tap and class, A_k: `(size, size)`, or `(size,)`
            where it is diagonal.
    """

    taps: tuple
    sizes: tuple
    classes: np.ndarray
    means: tuple
    factors: tuple

    @classmethod
    def record(cls, teacher, x, labels=None, *, taps=("logits",)):
        """Returns the statistics of inputs.

        Args:
            teacher: A built model or frozen teacher.
            x: Inputs, an array.
            labels: Classes `(examples,)`; the teacher's if absent.
            taps: Names of taps, at least one.

        Raises:
            InputError: If there is no input or tap, or labels do not fit.
        """
        if not taps:
            raise InputError("At least one tap must be recorded, received ().")
        labels, features = read_features(teacher, x, taps, labels)
        classes = np.unique(labels)
        groups = [features[labels == k] for k in classes]
        sizes = [int(np.prod(tap_lib.shape(teacher, tap)[1:])) for tap in taps]
        ends = np.cumsum(sizes)[:-1]
        # For each tap, the features of each class.
        parts = list(zip(*(np.split(g, ends, axis=1) for g in groups)))
        return cls(
            taps=tuple(taps),
            sizes=tuple(sizes),
            classes=classes,
            means=tuple(np.stack([p.mean(axis=0) for p in k]) for k in parts),
            factors=tuple(tuple(_factor(p) for p in k) for k in parts),
        )

    @property
    def size(self):
        """Features of all taps."""
        return sum(self.sizes)

    def sample(self, count, random):
        """Returns features of all classes in turn, and their classes.

        Args:
            count: How many.
            random: A NumPy generator.
        """
        turn = np.arange(count) % len(self.classes)
        columns = []
        for size, means, factors in zip(self.sizes, self.means, self.factors):
            noise = random.normal(size=(count, size))
            moved = [
                factors[k] * e if factors[k].ndim == 1 else factors[k] @ e
                for k, e in zip(turn, noise)
            ]
            columns.append(means[turn] + np.stack(moved))
        features = np.concatenate(columns, axis=1).astype("float32")
        return features, self.classes[turn].astype("int32")


def _factor(features):
    """A with A A^T the covariance, or standard deviations."""
    if len(features) > features.shape[1]:
        covariance = np.atleast_2d(np.cov(features, rowvar=False))
        try:
            return np.linalg.cholesky(covariance)
        except np.linalg.LinAlgError:
            pass
    return features.std(axis=0)
