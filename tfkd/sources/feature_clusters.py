"""Clusters of a teacher's features, and their principal components."""

import dataclasses

import numpy as np

from tfkd import checks
from tfkd.sources.representations import read_features

_ROUNDS = 50


@dataclasses.dataclass(frozen=True)
class FeatureClusters:
    """What may be recorded of a sample of data, and features drawn from it.

    Equation:  phi = c + s sum_i sqrt(l_i) e_i v_i
    Symbols:   c centroid of a k-means cluster of one class; v_i, l_i
               principal components of its members and the variances along
               them; e_i standard normal; s = `scale` of `sample`.
    Paper:     Bhardwaj, Suda & Marculescu, *Dream Distillation: A
               Data-Independent Model Compression Framework*, arXiv:1905.07072.

    Attributes:
        taps: The one tap.
        centroids: c `(clusters, size)`.
        components: For each cluster, sqrt(l_i) v_i in rows.
        classes: The class of each cluster.
        scale: s >= 0.
    """

    taps: tuple
    centroids: np.ndarray
    components: tuple
    classes: np.ndarray
    scale: float

    @classmethod
    def record(
        cls,
        teacher,
        x,
        labels=None,
        *,
        tap="embedding",
        clusters=10,
        components=50,
        scale=1.0,
        seed=0,
    ):
        """Returns the clusters of inputs.

        Args:
            teacher: A built model or frozen teacher.
            x: Inputs, an array.
            labels: Classes `(examples,)`; the teacher's if absent.
            tap: Name of the features.
            clusters: A class, at most; at least 1.
            components: A cluster, at most; at least 0.
            scale: s >= 0.
            seed: Of the first centroids.

        Raises:
            InputError: If there is no input, labels do not fit, or a number
                is out of range.
        """
        checks.whole(1, clusters=clusters)
        checks.whole(0, components=components)
        checks.not_negative(scale=scale)
        clusters, components = int(clusters), int(components)
        labels, features = read_features(teacher, x, (tap,), labels)
        random = np.random.default_rng(seed)
        found = []
        for k in np.unique(labels):
            group = features[labels == k]
            member = k_means(group, min(clusters, len(group)), random)
            found += [(k, group[member == c]) for c in np.unique(member)]
        return cls(
            (tap,),
            np.stack([group.mean(axis=0) for _, group in found]),
            tuple(_components(group, components) for _, group in found),
            np.array([k for k, _ in found]),
            float(scale),
        )

    @property
    def size(self):
        """Features of the tap."""
        return self.centroids.shape[1]

    def sample(self, count, random):
        """Returns features of all clusters in turn, and their classes.

        Args:
            count: How many.
            random: A NumPy generator.
        """
        turn = np.arange(count) % len(self.centroids)
        noise = np.stack(
            [
                random.normal(size=len(self.components[c])) @ self.components[c]
                for c in turn
            ]
        )
        features = self.centroids[turn] + self.scale * noise
        return features.astype("float32"), self.classes[turn].astype("int32")


def k_means(points, count, random):
    """Returns the cluster of each point, by Lloyd's algorithm.

    Args:
        points: `(points, size)`.
        count: Clusters, at most the number of points; one that loses all of
            its points stays empty.
        random: A NumPy generator; draws points as first centroids.
    """
    centroids = points[random.choice(len(points), count, replace=False)]
    member = None
    for _ in range(_ROUNDS):
        gaps = np.sum((points[:, None] - centroids[None]) ** 2, axis=-1)
        before, member = member, np.argmin(gaps, axis=1)
        if before is not None and np.array_equal(before, member):
            break
        for c in np.unique(member):
            centroids[c] = points[member == c].mean(axis=0)
    return member


def _components(group, count):
    """Principal components in rows, as long as deviations along them."""
    if len(group) < 2 or not count:
        return np.zeros((0, group.shape[1]))
    centred = group - group.mean(axis=0)
    _, singular, rows = np.linalg.svd(centred, full_matrices=False)
    rows = singular[:, None] / np.sqrt(len(group) - 1) * rows
    return rows[:count]
