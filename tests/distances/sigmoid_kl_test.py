import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import SigmoidKL
from tfkd.errors import InputError


def test_is_the_divergence_of_every_yes_or_no():
    # p = 3/4, 1/2 and q = 1/2, 1/4, of logits ln 3, 0 and 0, -ln 3:
    # 3/4 ln(3/2) + 1/4 ln(1/2) and 1/2 ln 2 + 1/2 ln(2/3).
    log3 = np.log(3)
    t, s = np.float32([[log3, 0.0]]), np.float32([[0.0, -log3]])
    first = 3 / 4 * np.log(3 / 2) + 1 / 4 * np.log(1 / 2)
    second = 1 / 2 * np.log(2) + 1 / 2 * np.log(2 / 3)
    found = SigmoidKL("sum").call(t, s)
    np.testing.assert_allclose(found, [first + second], rtol=1e-5)
    mean = SigmoidKL().call(t, s)
    np.testing.assert_allclose(mean, [(first + second) / 2], rtol=1e-5)


def test_equal_maps_are_at_distance_zero():
    maps = np.random.default_rng(0).normal(size=(2, 3, 3, 4)) * 100
    maps = maps.astype("float32")
    np.testing.assert_array_equal(SigmoidKL().call(maps, maps), 0)


def test_the_gradient_is_that_of_finite_differences():
    t, s = np.random.default_rng(0).normal(size=(2, 2, 3))
    distance = SigmoidKL("sum", dtype="float64")
    assert_gradient(lambda x: distance.call(t, x), s)


def test_an_unknown_reduction_is_our_error():
    with pytest.raises(InputError, match="reduce 'mean' or 'sum'"):
        SigmoidKL("max")
