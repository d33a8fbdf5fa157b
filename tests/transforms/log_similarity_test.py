import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import LogSimilarity
from tfkd.transforms.log_similarity import log_spd

RANDOM = np.random.default_rng(0)


def oracle(x, epsilon, normalize):
    x = np.asarray(x, "float64")
    if normalize:
        x = x / np.linalg.norm(x, axis=1, keepdims=True)
    values, vectors = np.linalg.eigh(x @ x.T + epsilon * np.eye(len(x)))
    return vectors @ np.diag(np.log(values)) @ vectors.T


def test_is_the_logarithm_of_the_cosines():
    # Rows (3, 4) and (4, -3) are orthogonal and of length 5: A is the
    # identity, and log(1 + e) on the diagonal. Without normalization A is
    # 25 times the identity.
    x = np.array([[3.0, 4.0], [4.0, -3.0]], "float32")
    found = LogSimilarity(epsilon=0.5)(x)
    np.testing.assert_allclose(found, np.log(1.5) * np.eye(2), atol=1e-6)
    found = LogSimilarity(epsilon=0.5, normalize=False)(x)
    np.testing.assert_allclose(found, np.log(25.5) * np.eye(2), rtol=1e-6)


@pytest.mark.parametrize("normalize", [True, False])
def test_agrees_with_numpy(normalize):
    x = RANDOM.normal(size=(5, 8))
    layer = LogSimilarity(1e-2, normalize, dtype="float64")
    np.testing.assert_allclose(
        layer(x), oracle(x, 1e-2, normalize), rtol=1e-6, atol=1e-9
    )


@pytest.mark.parametrize("shape", [(4, 6), (5, 2)])
def test_gradient(shape):
    # With 5 examples of 2 features, three eigenvalues are e.
    weights = RANDOM.normal(size=(shape[0], shape[0]))
    layer = LogSimilarity(0.1, dtype="float64")
    assert_gradient(lambda x: layer(x) * weights, RANDOM.normal(size=shape))


def test_gradient_of_close_eigenvalues():
    weights = np.array([[1.0, 2.0], [3.0, 4.0]])
    for gap in (1e-7, 3e-4):
        # The divided difference of log at 1 and 1 + gap is about 1 - gap/2;
        # the derivative off the diagonal is the mean of both sides' weights.
        a = tf.constant(np.diag([1.0, 1.0 + gap]))
        with tf.GradientTape() as tape:
            tape.watch(a)
            value = tf.reduce_sum(log_spd(a, 1e-12) * weights)
        found = np.asarray(tape.gradient(value, a))
        quotient = np.log1p(gap) / gap
        expected = [[1.0, 2.5 * quotient], [2.5 * quotient, 4 / (1 + gap)]]
        np.testing.assert_allclose(found, expected, rtol=1e-7)


@pytest.mark.parametrize("scale", [1e4, 1.0, 1e-8, 0.0])
@pytest.mark.parametrize("shape", [(1, 3), (6, 3)])
@pytest.mark.parametrize("normalize", [True, False])
def test_is_finite_at_extremes(scale, shape, normalize):
    x = tf.constant(scale * RANDOM.normal(size=shape), "float32")
    for inputs in (x, tf.ones_like(x) * x[:1]):  # also identical rows
        with tf.GradientTape() as tape:
            tape.watch(inputs)
            value = LogSimilarity(normalize=normalize)(inputs)
            total = tf.reduce_sum(value**2)
        assert np.all(np.isfinite(value))
        assert np.all(np.isfinite(tape.gradient(total, inputs)))


def test_round_trip():
    layer = LogSimilarity(0.1, normalize=False, name="similarity")
    again = LogSimilarity.from_config(layer.get_config())
    assert again.get_config() == layer.get_config()


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="epsilon must be > 0"):
        LogSimilarity(0.0)
    with pytest.raises(InputError, match="needs embeddings"):
        LogSimilarity()(np.ones((2, 3, 3, 1), "float32"))
