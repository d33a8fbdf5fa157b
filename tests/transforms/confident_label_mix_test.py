import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.transforms import ConfidentLabelMix

P = np.float32([[0.7, 0.2, 0.1]])


def mixed(z, labels, dtype="float32"):
    return ConfidentLabelMix(dtype=dtype)(z, np.asarray(labels, dtype))


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        # w = 0.7: 0.7 (0.7, 0.2, 0.1) + (0.3, 0, 0).
        ([[1, 0, 0]], [[0.79, 0.14, 0.07]]),
        # w = 0.1: the teacher is nearly ignored.
        ([[0, 0, 1]], [[0.07, 0.02, 0.91]]),
        ([[0, 0, 0]], P),
    ],
)
def test_mix_by_the_labels_probability(labels, expected):
    found = np.exp(mixed(np.log(P), labels))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("scale", [1e4, 1e-8, 0.0])
def test_is_a_distribution_at_extremes(scale):
    z = (scale * np.random.default_rng(0).normal(size=(2, 5, 4))).astype(
        "float32"
    )
    found = np.asarray(mixed(z, np.eye(4)[np.arange(10) % 4].reshape(2, 5, 4)))
    assert np.all(np.isfinite(found))
    np.testing.assert_allclose(np.exp(found).sum(axis=-1), 1, rtol=1e-5)


def test_gradient_agrees_with_finite_differences():
    z = np.random.default_rng(0).normal(size=(3, 4))
    labels = np.eye(4)[[0, 2, 3]]
    assert_gradient(lambda x: mixed(x, labels, "float64")[:, 0], z)
