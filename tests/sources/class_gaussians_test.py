import numpy as np
import pytest

from tests.sources.representations_test import network
from tfkd.errors import InputError
from tfkd.sources import ClassGaussians
from tfkd.sources.representations import read_features

X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
LABELS = np.where(np.arange(40) % 2 == 0, 3, 1)


def test_means_and_covariances_are_those_of_each_class_and_tap():
    teacher = network()
    record = ClassGaussians.record(
        teacher, X, LABELS, taps=("hidden", "logits")
    )
    assert record.sizes == (2, 2)
    assert record.size == 4
    np.testing.assert_array_equal(record.classes, [1, 3])
    _, features = read_features(teacher, X, ("logits",))
    for place, k in enumerate((1, 3)):
        group = features[k == LABELS]
        np.testing.assert_allclose(record.means[1][place], group.mean(0))
        factor = record.factors[1][place]
        covariance = np.cov(group.T)
        np.testing.assert_allclose(factor @ factor.T, covariance, rtol=1e-6)


def test_samples_are_like_what_was_recorded():
    record = ClassGaussians.record(network(), X, LABELS, taps=("logits",))
    features, labels = record.sample(20000, np.random.default_rng(0))
    assert features.dtype == "float32"
    np.testing.assert_array_equal(labels[:3], [1, 3, 1])
    group = features[labels == 3]
    factor = record.factors[0][1]
    np.testing.assert_allclose(group.mean(0), record.means[0][1], atol=0.05)
    np.testing.assert_allclose(np.cov(group.T), factor @ factor.T, rtol=0.1)


def test_too_few_examples_leave_deviations():
    # Two examples of two features have a singular covariance.
    record = ClassGaussians.record(
        network(), X[:3], np.array([0, 0, 1]), taps=("hidden",)
    )
    assert [factor.shape for factor in record.factors[0]] == [(2,), (2,)]
    features, _ = record.sample(2, np.random.default_rng(0))
    # One example has no deviation.
    np.testing.assert_allclose(features[1], record.means[0][1], rtol=1e-6)


def test_no_tap_is_a_mistake():
    with pytest.raises(InputError, match="At least one tap"):
        ClassGaussians.record(network(), X, taps=())
