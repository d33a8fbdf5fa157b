import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses import Dependence
from tfkd.transforms import FlowMix


def network():
    inputs = keras.Input((2,))
    first = FlowMix(name="a")([inputs, inputs])
    return keras.Model(inputs, FlowMix(name="b")([first, inputs, inputs]))


def made(model, cut_steps=3):
    loss = Dependence(cut_steps=cut_steps)
    loss.attach(None, model)
    return loss


OUTPUTS = {"outputs": np.zeros((2, 2), "float32")}


def test_is_the_sum_over_mixtures():
    # Shares of 1/2 and 1/3: ln 2 + ln 3, for both examples.
    found = made(network())({}, OUTPUTS, step=0)
    np.testing.assert_allclose(found, [np.log(6)] * 2, rtol=1e-6)


def test_cuts_after_its_steps():
    model = network()
    loss, cut = made(model), model.get_layer("b").cut
    for step, expected in ((0, 0), (1, 0), (2, 1), (9, 1)):
        loss({}, OUTPUTS, step=step)
        assert float(cut) == expected
    x = np.float32([[3, 4]])
    np.testing.assert_array_equal(model(x), x)


def test_shares_near_zero_are_finite():
    model = network()
    model.get_layer("a").w.assign([-1e4, 1e4])
    assert np.all(np.isfinite(made(model)({}, OUTPUTS, step=0)))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="cut_steps must be"):
        Dependence(cut_steps=0)
    inputs = keras.Input((2,))
    with pytest.raises(InputError, match="has no FlowMix"):
        made(keras.Model(inputs, keras.layers.Dense(1)(inputs)))
