import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import ChannelSamples


def test_samples_are_unit_maps_of_channels():
    # Channel 0 over two positions: (3, 4), norm 5; channel 1: (0, 2).
    x = np.array([[[[3.0, 0.0], [4.0, 2.0]]]], "float32")
    expected = [[[0.6, 0.8], [0.0, 1.0]]]
    np.testing.assert_allclose(ChannelSamples()(x), expected, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-8, 1e4])
def test_does_not_depend_on_the_scale(scale):
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 4)).astype("float32")
    layer = ChannelSamples()
    np.testing.assert_allclose(layer(scale * x), layer(x), rtol=1e-5)


def test_silent_channels_stay_zero():
    found = ChannelSamples()(np.zeros((1, 2, 2, 3), "float32"))
    np.testing.assert_array_equal(found, np.zeros((1, 3, 4)))


def test_averages_to_a_size():
    x = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    layer = ChannelSamples((2, 2))
    # Means of the quarters.
    expected = np.array([2.5, 4.5, 10.5, 12.5])
    expected /= np.linalg.norm(expected)
    np.testing.assert_allclose(layer(x), [[expected]], rtol=1e-6)
    assert layer.compute_output_shape((None, 4, 4, 1)) == (None, 1, 4)


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    x = random.normal(size=(1, 2, 2, 3))
    weights = random.normal(size=(1, 3, 4))
    layer = ChannelSamples(dtype="float64")
    assert_gradient(lambda x: weights * layer(x), x)


def test_config_round_trip():
    layer = ChannelSamples((2, 3))
    assert ChannelSamples.from_config(layer.get_config()).size == (2, 3)


def test_rejects_vectors():
    with pytest.raises(InputError, match="Channels as samples need a tap"):
        ChannelSamples()(np.ones((1, 2), "float32"))
    with pytest.raises(InputError, match="of known size"):
        ChannelSamples((2, 2)).build((None, None, None, 3))
