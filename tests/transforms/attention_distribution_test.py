import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd import transforms
from tfkd.errors import InputError


def softmax(x):
    e = np.exp(x - x.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


@pytest.mark.parametrize("power", [1, 2, 3])
def test_is_the_softmax_of_summed_powers(power):
    x = np.random.default_rng(0).normal(size=(2, 3, 2, 4)).astype("float32")
    summed = np.sum(np.abs(x.astype("float64")) ** power, -1)
    np.testing.assert_allclose(
        transforms.AttentionDistribution(power)(x),
        softmax(summed.reshape(2, -1)),
        rtol=1e-5,
    )


def test_maps_are_resized_before_the_softmax():
    # One row of attention 0, 4: with half-pixel centres 0, 1, 3, 4.
    x = np.array([[[[0.0], [2.0]]]], "float32")
    np.testing.assert_allclose(
        transforms.AttentionDistribution(size=(1, 4))(x),
        [softmax(np.array([0.0, 1.0, 3.0, 4.0]))],
        rtol=1e-6,
    )


def test_gradient_is_that_of_finite_differences():
    # Resizing is in float32; the parity fixture differentiates through it.
    transform = transforms.AttentionDistribution(dtype="float64")
    x = np.random.default_rng(0).normal(size=(1, 2, 2, 3))
    factors = tf.constant(np.random.default_rng(1).normal(size=(1, 4)))
    assert_gradient(lambda x: transform(x) * factors, x)


def test_rejects_other_taps_and_powers():
    with pytest.raises(InputError, match="power must be >= 1"):
        transforms.AttentionDistribution(0.5)
    with pytest.raises(InputError, match="convolutional tap"):
        transforms.AttentionDistribution()(np.zeros((2, 6), "float32"))
