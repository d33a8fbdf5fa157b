import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import ConvReLU


def test_is_a_convolution_and_a_relu():
    layer = ConvReLU(units=1)
    layer.build((None, 2, 2, 1))
    kernel = np.arange(9.0).reshape(3, 3, 1, 1)
    layer.set_weights([kernel, np.array([-20.0])])
    x = np.array([[1.0, 2.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    # Rows of the kernel: (0 1 2), (3 4 5), (6 7 8); the centre is 4.
    # y00 = 1 4 + 2 5 + 3 7 + 4 8 - 20 = 47
    # y01 = 1 3 + 2 4 + 3 6 + 4 7 - 20 = 37
    # y10 = 1 1 + 2 2 + 3 4 + 4 5 - 20 = 17
    # y11 = 1 0 + 2 1 + 3 3 + 4 4 - 20 = 7
    found = np.asarray(layer(x)).reshape(2, 2)
    np.testing.assert_allclose(found, [[47, 37], [17, 7]], rtol=1e-6)
    layer.set_weights(
        [kernel, np.array([-37.0])]
    )  # 30, 20, 0, -10 before the ReLU
    found = np.asarray(layer(x)).reshape(2, 2)
    np.testing.assert_allclose(found, [[30, 20], [0, 0]], atol=1e-5)


def test_matches_the_other_sides_shape():
    layer = ConvReLU()
    layer.match((None, 2, 2, 5))
    assert layer(np.ones((3, 4, 4, 2), "float32")).shape == (3, 2, 2, 5)


def test_gradient():
    layer = ConvReLU(units=2, dtype="float64")
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 2))
    assert_gradient(layer, x)


def test_round_trip():
    layer = ConvReLU(units=3, kernel_size=5, name="transform")
    again = ConvReLU.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_bad_taps_are_errors():
    with pytest.raises(InputError, match="needs maps"):
        ConvReLU(units=2)(np.ones((2, 3), "float32"))
    layer = ConvReLU()
    layer.match((None, 5))
    with pytest.raises(InputError, match="needs maps"):
        layer(np.ones((2, 3, 3, 1), "float32"))
    with pytest.raises(InputError, match="output width"):
        ConvReLU()(np.ones((2, 3, 3, 1), "float32"))
