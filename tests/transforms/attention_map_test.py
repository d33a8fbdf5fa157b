import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.transforms import AttentionMap


def oracle(x, power):
    q = np.sum(np.abs(x.astype("float64")) ** power, -1).reshape(len(x), -1)
    norm = np.linalg.norm(q, axis=1, keepdims=True)
    return q / np.where(norm > 0, norm, 1)


def maps(scale=1.0, count=3):
    random = np.random.default_rng(0)
    return (random.normal(size=(count, 4, 4, 5)) * scale).astype("float32")


@pytest.mark.parametrize("power", [1, 2, 4])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e4])
def test_is_the_normalized_sum_of_powers(power, scale):
    x = maps(scale)
    found = AttentionMap(power)(x)
    np.testing.assert_allclose(found, oracle(x, power), rtol=1e-5)


def test_zero_maps_have_finite_gradients():
    x = tf.Variable(np.zeros((1, 2, 2, 3), "float32"))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(AttentionMap()(x))
    assert float(y) == 0
    assert np.all(np.isfinite(tape.gradient(y, x)))


def test_larger_maps_are_averaged_first():
    x = maps()
    small = x.reshape(3, 2, 2, 2, 2, 5).mean(axis=(2, 4))
    found = AttentionMap(size=(2, 2))(x)
    np.testing.assert_allclose(found, oracle(small, 2), rtol=1e-5)


def test_wrong_taps_and_powers_are_our_error():
    with pytest.raises(InputError, match="height"):
        AttentionMap().build((None, 5))
    with pytest.raises(InputError, match="power"):
        AttentionMap(power=0.5)
