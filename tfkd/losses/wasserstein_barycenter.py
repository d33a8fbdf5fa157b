"""A few points that stand for many, by optimal transport."""

import numpy as np


def barycenter(samples, points, *, entropy=0.01, steps=20, seed=0):
    """Returns points whose uniform measure is near that of samples.

    Equation:  c = argmin_c W_2^2(1/m sum_j delta(c_j), 1/n sum_i delta(x_i))
               by turns: T = transport from c to x, c_j = m sum_i T_ji x_i
    Symbols:   x (n, features) samples; c (m, features), m = `points`; T
               regularized by `entropy` times its mean cost. With one point,
               c is the mean.
    Paper:     Cuturi & Doucet, *Fast Computation of Wasserstein Barycenters*,
               ICML 2014.

    Args:
        samples: x, at least one.
        points: m >= 1.
        entropy: Of the transport, relative to its mean cost, positive.
        steps: Turns, at most; fewer where points stop moving.
        seed: Of the samples that the points start from.
    """
    samples = np.asarray(samples, "float64")
    random = np.random.default_rng(seed)
    found = _start(samples, points, random)
    for _ in range(steps):
        before = found
        cost = np.sum((found[:, None] - samples) ** 2, axis=-1)
        found = points * transport(cost, entropy) @ samples
        if np.max(np.abs(found - before)) <= 1e-4 * samples.std():
            break
    return found


def transport(cost, entropy=0.01, sweeps=100, tolerance=1e-4):
    """Returns the entropic transport between uniform measures.

    Equation:  T = argmin_T sum_ji T_ji C_ji + e sum_ji T_ji log T_ji,
               rows of sum 1 / m, columns of sum 1 / n; Sinkhorn's sweeps in
               the log domain, from a large e down to the one that is asked
    Symbols:   C (m, n) costs; e = `entropy` times their mean.

    Args:
        cost: C >= 0.
        entropy: Positive.
        sweeps: Over rows and columns, at most, for each e.
        tolerance: Error of a column's sum, relative, that ends them.

    Returns:
        T, whose rows have the exact sums.
    """
    rows, columns = cost.shape
    scale = cost.mean()
    cost = cost / (scale if scale > 0 else 1.0)
    log_m, log_n = np.log(rows), np.log(columns)
    price = np.zeros(columns)
    halvings = max(0, int(np.ceil(-np.log2(entropy))))
    for e in entropy * 2.0 ** np.arange(halvings, -1, -1):
        for _ in range(sweeps):
            kernel = (price - cost) / e
            plan = kernel - log_m - _log_sum(kernel, axis=1)
            error = log_n + _log_sum(plan, axis=0)
            if np.max(np.abs(error)) < tolerance:
                break
            price = price - e * error[0]
    return np.exp(plan)


def _start(samples, points, random):
    """Samples far from each other: one at random, then each far from all."""
    chosen = [int(random.integers(len(samples)))]
    while len(chosen) < points:
        gaps = np.sum((samples[:, None] - samples[chosen]) ** 2, axis=-1)
        chosen.append(int(np.argmax(gaps.min(axis=1))))
    return samples[chosen].copy()


def _log_sum(x, axis):
    top = x.max(axis=axis, keepdims=True)
    return top + np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True))
