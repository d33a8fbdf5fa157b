import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import GaussianKL
from tfkd.errors import InputError


def test_is_the_divergence_of_two_normal_distributions():
    # N(1, 1) from N(3, 2^2): log 2 + (1 + 4) / 8 - 1/2 = log 2 + 1/8;
    # N(0, 2^2) from N(0, 1): -log 2 + 4/2 - 1/2 = 3/2 - log 2.
    log2 = np.log(2)
    t, s = np.float32([[1, 0, 0, log2]]), np.float32([[3, 0, log2, 0]])
    first, second = log2 + 1 / 8, 3 / 2 - log2
    found = GaussianKL().call(t, s)
    np.testing.assert_allclose(found, [first + second], rtol=1e-5)
    mean = GaussianKL("mean").call(t, s)
    np.testing.assert_allclose(mean, [(first + second) / 2], rtol=1e-5)


def test_is_no_matter_of_order():
    # N(0, 1) from N(0, 2^2): log 2 + 1/8 - 1/2, unlike the other direction.
    t, s = np.float32([[0, 0]]), np.float32([[0, np.log(2)]])
    found = GaussianKL().call(t, s)
    np.testing.assert_allclose(found, [np.log(2) - 3 / 8], rtol=1e-5)


def test_deviations_are_limited():
    t, s = np.float32([[0, 0]]), np.float32([[0, -1e3]])
    limited = np.float32([[0, -10]])
    np.testing.assert_array_equal(
        GaussianKL().call(t, s), GaussianKL().call(t, limited)
    )


def test_the_gradient_is_that_of_finite_differences():
    t, s = np.random.default_rng(0).normal(size=(2, 2, 6))
    distance = GaussianKL(dtype="float64")
    assert_gradient(lambda x: distance.call(t, x), s)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="reduce 'mean' or 'sum'"):
        GaussianKL("max")
    with pytest.raises(InputError, match="as many means as logarithms"):
        GaussianKL().validate((None, 3), (None, 3))
