import numpy as np
import pytest

from tfkd.losses.wasserstein_barycenter import barycenter
from tfkd.losses.wasserstein_barycenter import transport

RANDOM = np.random.default_rng(0)


def test_one_point_is_the_mean():
    samples = RANDOM.normal(size=(7, 3))
    np.testing.assert_allclose(
        barycenter(samples, 1), [samples.mean(axis=0)], rtol=1e-9
    )


def test_on_a_line_points_are_means_of_equal_shares():
    samples = np.array([0, 1, 2, 10, 11, 12, 13, 20, 30])[:, None]
    # In order: a third of the samples each.
    found = np.sort(barycenter(samples, 3, entropy=1e-3), axis=0)
    np.testing.assert_allclose(found, [[1], [11], [21]], atol=0.02)


def test_shares_are_equal_where_clusters_are_not():
    # Of four samples at 0 and two at 9, the second point takes one at 0:
    # k-means would answer 0 and 9.
    samples = np.array([0, 0, 0, 0, 9, 9])[:, None]
    found = np.sort(barycenter(samples, 2, entropy=1e-3), axis=0)
    np.testing.assert_allclose(found, [[0], [6]], atol=0.02)


def test_transport_is_that_of_an_assignment():
    optimize = pytest.importorskip("scipy.optimize")
    cost = RANDOM.uniform(size=(6, 6))
    found = transport(cost, entropy=2e-3, sweeps=1000)
    rows, columns = optimize.linear_sum_assignment(cost)
    expected = np.zeros((6, 6))
    expected[rows, columns] = 1 / 6
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_transport_keeps_both_measures():
    found = transport(RANDOM.uniform(size=(3, 5)), entropy=0.1, tolerance=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), [1 / 3] * 3)
    np.testing.assert_allclose(found.sum(axis=0), [1 / 5] * 5, rtol=2e-6)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e8])
def test_extreme_samples_stay_finite(scale):
    samples = scale * RANDOM.normal(size=(5, 2))
    found = barycenter(samples, 8)
    assert found.shape == (8, 2)
    assert np.all(np.abs(found) <= np.abs(samples).max() * (1 + 1e-9))
