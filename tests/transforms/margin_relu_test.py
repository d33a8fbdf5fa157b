import math

import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import MarginReLU
from tfkd.transforms import expected_negative
from tfkd.transforms.margin_relu import mean_negative


def test_margin_of_a_standard_normal_channel():
    # E[x | x < 0] = -2 phi(0) = -sqrt(2 / pi); it scales with sigma.
    expected = -math.sqrt(2 / math.pi)
    found = expected_negative([0.0, 0.0], [1.0, 2.5])
    np.testing.assert_allclose(found, [expected, 2.5 * expected], rtol=1e-12)


@pytest.mark.parametrize(("mu", "sigma"), [(-0.7, 1.3), (1.1, 0.8)])
def test_margin_is_the_mean_of_negative_draws(mu, sigma):
    # By the midpoint rule over ten deviations below zero.
    x = np.linspace(-10 * sigma, 0, 2_000_001)
    x = (x[1:] + x[:-1]) / 2
    density = np.exp(-0.5 * ((x - mu) / sigma) ** 2)
    expected = np.sum(x * density) / np.sum(density)
    found = expected_negative([mu], [sigma])
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_margins_at_extremes():
    found = expected_negative([10.0, 1.0, -2.0, -1e4], [1.0, 0.0, 0.0, 1.0])
    # Rare: -3 sigma; constant channels: min(beta, 0); nearly all negative.
    np.testing.assert_allclose(found, [-3.0, 0.0, -2.0, -1e4], rtol=1e-12)


def test_cuts_each_channel_at_its_margin():
    x = np.array([[-5.0, -5.0], [-0.5, 3.0]], "float32")
    found = MarginReLU([-1.0, 0.0])(x)
    np.testing.assert_array_equal(found, [[-1.0, 0.0], [-0.5, 3.0]])


def test_batch_margin_is_the_mean_of_negatives():
    x = np.array([[-1.0, 2.0], [-3.0, 1.0], [5.0, 4.0]], "float32")
    np.testing.assert_allclose(mean_negative(x), [-2.0, 0.0], rtol=1e-6)
    found = MarginReLU("batch")(x)
    expected = [[-1.0, 2.0], [-2.0, 1.0], [5.0, 4.0]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("margin", ["batch", [-1.0, -0.5]])
def test_config_round_trip(margin):
    layer = MarginReLU(margin)
    assert MarginReLU.from_config(layer.get_config()).margin == margin


@pytest.mark.parametrize(
    ("margin", "message"),
    [("mean", "must be 'batch'"), ([0.1], "must be at most 0")],
)
def test_rejects_margins(margin, message):
    with pytest.raises(InputError, match=message):
        MarginReLU(margin)


def test_rejects_another_number_of_channels():
    with pytest.raises(InputError, match="needs 3 margins, received 2"):
        MarginReLU([-1.0, -1.0])(np.ones((1, 3), "float32"))


def test_one_number_for_all_channels_is_our_error():
    with pytest.raises(InputError, match="one number a channel"):
        MarginReLU(-0.5)
