import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.transforms import ScaledGradient


@pytest.mark.parametrize("factor", [0.0, 0.25, 3.0])
def test_values_stay_and_gradients_are_scaled(factor):
    x = tf.Variable([[1.0, -2.0], [1e4, 1e-8]])
    with tf.GradientTape() as tape:
        y = ScaledGradient(factor)(x)
        loss = tf.reduce_sum(y**2)
    np.testing.assert_allclose(y, x, rtol=1e-6)
    # d sum y^2 = 2 y.
    expected = factor * 2 * np.array(x)
    np.testing.assert_allclose(tape.gradient(loss, x), expected, rtol=1e-6)


def test_round_trip():
    layer = ScaledGradient(0.5)
    assert ScaledGradient.from_config(layer.get_config()).factor == 0.5


@pytest.mark.parametrize("factor", [-1.0, float("nan"), float("inf")])
def test_a_factor_out_of_range_is_our_error(factor):
    with pytest.raises(InputError, match="factor must be a finite"):
        ScaledGradient(factor)
