import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import PairLikelihood


def values(loss, codes, labels):
    return loss({}, {"codes": codes}, labels=np.array(labels))


def made(**arguments):
    return PairLikelihood(student_tap="codes", **arguments)


def test_products_of_codes_are_log_odds():
    u = np.float32([[1, 1], [1, 1], [-1, 1]])
    # t_01 = 1, t_02 = t_12 = 0; classes 0, 0, 1.
    near, other = np.log1p(np.e) - 1, np.log(2)
    expected = [(near + other) / 2, (near + other) / 2, other]
    found = values(made(), u, [0, 0, 1])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_an_unlabelled_example_has_no_pair():
    u = np.float32([[1, 1], [1, 1], [-1, 1]])
    found = values(made(), u, [0, -1, 1])
    np.testing.assert_allclose(found, [np.log(2), 0.0, np.log(2)], rtol=1e-6)


def test_codes_should_be_one_or_minus_one():
    # (1/2)^2 and 1^2: mean 5/8.
    found = values(made(quantization=2.0), np.float32([[-1.5, 0.0]]), [-1])
    np.testing.assert_allclose(found, [1.25], rtol=1e-6)


@pytest.mark.parametrize("scale", [1e4, 1e-8, 0.0])
def test_extreme_codes_stay_finite(scale):
    u = scale * np.random.default_rng(0).normal(size=(4, 3))
    found = values(made(quantization=1.0), u.astype("float32"), [0, 1, 0, -1])
    assert np.all(np.isfinite(found))


def test_gradient_agrees_with_finite_differences():
    loss = made(quantization=0.5, dtype="float64")
    u = np.random.default_rng(0).normal(size=(4, 3))
    assert_gradient(lambda x: values(loss, x, [0, 1, 0, -1]), u)


def test_round_trip():
    loss = made(quantization=0.5)
    assert PairLikelihood.from_config(loss.get_config()).quantization == 0.5


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="quantization must be"):
        made(quantization=-1.0)
    with pytest.raises(InputError, match="needs class indices"):
        values(made(), np.ones((2, 3), "float32"), np.eye(2))
