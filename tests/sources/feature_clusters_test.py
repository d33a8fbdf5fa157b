import numpy as np
import pytest

from tests.sources.representations_test import network
from tfkd.errors import InputError
from tfkd.sources import FeatureClusters
from tfkd.sources.feature_clusters import k_means
from tfkd.sources.representations import read_features

POINTS = np.array([[0.0, 0], [0, 1], [9, 0], [9, 1], [9, 2]])
X = np.random.default_rng(0).normal(size=(12, 3)).astype("float32")


def test_points_that_are_near_share_a_cluster():
    for seed in range(5):
        member = k_means(POINTS, 2, np.random.default_rng(seed))
        assert len(set(member[:2])) == 1
        assert len(set(member[2:])) == 1
        assert member[0] != member[4]


def test_components_are_deviations_along_principal_axes():
    teacher = network()
    record = FeatureClusters.record(
        teacher, X, np.zeros(12, int), tap="hidden", clusters=1
    )
    _, features = read_features(teacher, X, ("hidden",))
    np.testing.assert_allclose(record.centroids[0], features.mean(0))
    rows = record.components[0]
    np.testing.assert_allclose(rows.T @ rows, np.cov(features.T), rtol=1e-6)
    np.testing.assert_allclose(rows[0] @ rows[1], 0, atol=1e-7)


def test_samples_lie_around_centroids_along_kept_components():
    record = FeatureClusters.record(
        network(),
        X,
        np.arange(12) % 2,
        tap="hidden",
        clusters=1,
        components=1,
        scale=2.0,
    )
    features, labels = record.sample(2000, np.random.default_rng(0))
    np.testing.assert_array_equal(labels[:3], [0, 1, 0])
    moved = features[labels == 1] - record.centroids[1]
    (axis,) = record.components[1]
    expected = 4 * np.outer(axis, axis)
    np.testing.assert_allclose(np.cov(moved.T), expected, rtol=0.1)


def test_a_class_has_no_more_clusters_than_examples():
    record = FeatureClusters.record(
        network(), X[:3], np.array([0, 0, 5]), tap="hidden", clusters=4
    )
    np.testing.assert_array_equal(record.classes, [0, 0, 5])
    features, _ = record.sample(3, np.random.default_rng(0))
    np.testing.assert_allclose(features, record.centroids, rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"clusters": 0}, "clusters must be"),
        ({"components": -1}, "components must be"),
        ({"scale": -1.0}, "scale must be"),
    ],
)
def test_wrong_arguments_are_named(wrong, message):
    with pytest.raises(InputError, match=message):
        FeatureClusters.record(network(), X, tap="hidden", **wrong)


def test_a_whole_number_may_be_a_float():
    record = FeatureClusters.record(
        network(), X, tap="hidden", clusters=1.0, components=1.0
    )
    assert all(len(rows) <= 1 for rows in record.components)
