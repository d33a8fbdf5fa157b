import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import Translator


def test_is_three_layers_written_out():
    layer = Translator(1, kernel_size=1)
    x = np.array([[2.0]], "float32")
    layer(x)
    for kernel, value in zip(layer.kernels, (3.0, -1.0, 2.0)):
        kernel.assign([[value]])
    layer.biases[0].assign([-1.0])
    # 2*3 - 1 = 5; -5 leaks to -0.5; 2 * -0.5 = -1 leaks to -0.1.
    np.testing.assert_allclose(layer(x), [[-0.1]], rtol=1e-6)
    layer.activate_last = False
    np.testing.assert_allclose(layer(x), [[-1.0]], rtol=1e-6)
    layer.activation = "relu"
    np.testing.assert_allclose(layer(x), [[0.0]], atol=1e-7)


@pytest.mark.parametrize(("hidden", "width"), [("input", 3), ("output", 5)])
def test_ends_in_the_shape_of_the_target(hidden, width):
    layer = Translator(hidden=hidden)
    layer.match((None, 2, 2, 5))
    assert layer(np.ones((1, 4, 4, 3), "float32")).shape == (1, 2, 2, 5)
    assert [kernel.shape[-1] for kernel in layer.kernels] == [width, 5, 5]


def test_gradient_agrees_with_finite_differences():
    keras.utils.set_random_seed(0)
    random = np.random.default_rng(0)
    layer = Translator(2, dtype="float64")
    x = random.normal(size=(1, 3, 3, 2))
    assert_gradient(layer, x)


def test_config_round_trip():
    layer = Translator(3, 1, "relu", False, False, "output")
    config = layer.get_config()
    assert Translator.from_config(config).get_config() == config


@pytest.mark.parametrize("wrong", [{"activation": "tanh"}, {"hidden": "x"}])
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="Translator needs an activation"):
        Translator(**wrong)


def test_rejects_another_rank():
    layer = Translator(kernel_size=1)
    layer.match((None, 2, 2, 5))
    with pytest.raises(InputError, match="keeps the rank"):
        layer(np.ones((1, 3), "float32"))


def test_an_unknown_width_is_our_error():
    with pytest.raises(InputError, match="output width"):
        Translator()(np.ones((1, 4, 4, 3), "float32"))
