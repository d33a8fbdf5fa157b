"""Every distance with its formula in float64."""

import numpy as np
import tensorflow as tf

from tests.parity.extremes.formulas import kl
from tests.parity.extremes.formulas import lp
from tests.parity.extremes.formulas import softmax
from tests.parity.extremes.tensors import SETS
from tests.parity.extremes.tensors import VECTORS
from tfkd import distances


def unit(x):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return x / np.where(length > 0, length, 1)


def hinge(t, s):
    return np.sum(np.maximum(1 - np.where(t > 0, s, -s), 0) ** 2, -1)


def huber(t, s):
    size = np.abs(t - s)
    return np.mean(np.where(size > 1, size - 0.5, size**2 / 2), -1)


def partial(t, s):
    return np.sum(np.where((s <= t) & (t <= 0), 0, (t - s) ** 2), -1)


def sure_regions(t, s):
    # sigmoid(z) >= 0.4 where z >= log(2 / 3).
    weight = np.where(t[..., 1:].max(-1) >= np.log(2 / 3), 1, 0.16)
    return np.mean(weight[..., None] * (t - s) ** 2, (1, 2))


def probability_kl(t, s):
    t, s = softmax(t), softmax(s)
    return np.sum(t * np.log((t + 1e-7) / (s + 1e-7)), -1)


def sigmoid_kl(t, s):
    def log_p(x):
        return -np.logaddexp(0, -x)

    terms = [
        np.exp(log_p(x)) * (log_p(x) - log_p(y))
        for x, y in zip((t, -t), (s, -s))
    ]
    return np.sum(terms, axis=(0, -1))


def gaussian_kl(t, s):
    (m, u), (n, v) = ((x[:, :3], np.clip(x[:, 3:], -10, 10)) for x in (t, s))
    ratio = np.exp(2 * (u - v))
    gap = (m - n) ** 2 / np.exp(2 * v)
    return np.sum(ratio - 1 - np.log(ratio) + gap, -1) / 2


def adjacency(x):
    weights = np.maximum(unit(x) @ unit(x).T, 0)
    np.fill_diagonal(weights, 0)
    degree = weights.sum(-1)
    root = np.where(degree > 1e-6, np.maximum(degree, 1e-6) ** -0.5, 0)
    return root[:, None] * weights * root


def graph(t, s):
    return len(t) * np.sum((adjacency(t) - adjacency(s)) ** 2, -1)


def mmd(kernel):
    def value(t, s):
        cross = np.sum((t[:, :, None] - s[:, None]) ** 2, -1)
        width = np.mean(cross, (1, 2))[:, None, None]
        width = np.where(width > 0, width, 1)

        def k(x, y):
            if kernel == "gaussian":
                square = np.sum((x[:, :, None] - y[:, None]) ** 2, -1)
                return np.exp(-square / (2 * width)).mean((1, 2))
            dot = x @ y.transpose(0, 2, 1)
            return (dot ** (2 if kernel == "poly" else 1)).mean((1, 2))

        return k(t, t) + k(s, s) - 2 * k(t, s)

    return value


def adjacent(t, s):
    gap = np.abs(t - s)
    values = np.sum(gap[:-1] * gap[1:], -1) * len(t) / max(len(t) - 1, 1)
    return np.append(values, 0.0)


def sphere_moments(t, s):
    angles = [2 / np.pi * np.arctan2(1, lp(x, 0, root=True)) for x in (t, s)]
    gaps = [np.mean(angles[0] ** r - angles[1] ** r) for r in (1, 2, 3)]
    return np.full(len(t), np.sum(np.abs(gaps)))


class OnProbabilities(distances.ProbabilityKL):
    """Of what softmax makes of extreme logits."""

    def call(self, teacher, student):
        return super().call(tf.nn.softmax(teacher), tf.nn.softmax(student))


# Distance, its formula in float64, and the tensors it compares.
DISTANCES = {
    "activation_boundary": (distances.ActivationBoundary(), hinge, VECTORS),
    "adjacent_product": (distances.AdjacentProduct(), adjacent, VECTORS),
    "batch_mmd": (
        distances.BatchMMD(),
        lambda t, s: np.full(len(t), np.sum((t.mean(0) - s.mean(0)) ** 2)),
        VECTORS,
    ),
    "graph": (distances.GraphDistance(), graph, VECTORS),
    "huber": (distances.HuberDistance(), huber, VECTORS),
    "l21": (
        distances.L21Distance(),
        lambda t, s: np.linalg.norm(t - s, axis=1).sum(-1),
        SETS,
    ),
    "l1": (distances.LpDistance(p=1), lambda t, s: lp(t, s, 1), VECTORS),
    "gaussian_kl": (distances.GaussianKL(), gaussian_kl, VECTORS),
    "l2": (distances.LpDistance(), lp, VECTORS),
    "l2_root": (
        distances.LpDistance(root=True),
        lambda t, s: lp(t, s, root=True),
        VECTORS,
    ),
    "mmd_linear": (distances.MMD("linear"), mmd("linear"), SETS),
    "mmd_poly": (distances.MMD("poly"), mmd("poly"), SETS),
    "mmd_gaussian": (distances.MMD("gaussian"), mmd("gaussian"), SETS),
    "normalized_l2": (
        distances.NormalizedLp(),
        lambda t, s: lp(unit(t), unit(s)),
        VECTORS,
    ),
    "normalized_l2_root": (
        distances.NormalizedLp(root=True),
        lambda t, s: lp(unit(t), unit(s), root=True),
        VECTORS,
    ),
    "partial_l2": (distances.PartialL2(), partial, VECTORS),
    "probability_kl": (OnProbabilities(), probability_kl, VECTORS),
    "sigmoid_kl": (distances.SigmoidKL("sum"), sigmoid_kl, VECTORS),
    "softmax_kl": (distances.SoftmaxKL(), kl, VECTORS),
    "sphere_moments": (distances.SphereMoments(), sphere_moments, VECTORS),
    "sure_regions": (distances.SureRegions(numbers=1), sure_regions, SETS),
    "softmax_mse": (
        distances.SoftmaxMSE(),
        lambda t, s: np.mean((softmax(t) - softmax(s)) ** 2, -1),
        VECTORS,
    ),
}
# Differences of nearly equal sums: exact to rounding of the sums alone.
CANCELLING = {
    "gaussian_kl",
    "mmd_poly",
    "mmd_gaussian",
    "graph",
    "sigmoid_kl",
    "sphere_moments",
}
# Base classes, which compare nothing.
NO_DISTANCE = {"Distance"}
