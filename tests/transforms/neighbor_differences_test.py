import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import NeighborDifferences


def test_is_the_mean_difference_to_neighbours_inside():
    # 1 2
    # 4 8
    x = np.float32([[[[1], [2]], [[4], [8]]]])
    found = NeighborDifferences(probabilities=False)(x)
    # All are neighbours of each other: of 1 the differences are 1, 3, 7.
    expected = [[11 / 3, 9 / 3], [9 / 3, 17 / 3]]
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_only_eight_positions_are_neighbours():
    x = np.zeros((1, 1, 4, 1), "float32")
    x[0, 0, 3] = 6.0
    found = NeighborDifferences(probabilities=False)(x)
    # The last but one has two neighbours, of which one differs.
    np.testing.assert_allclose(found, [[[0, 0, 3, 6]]], rtol=1e-6)


def test_lengths_are_those_of_probabilities():
    # softmax(0, log 3) = (1/4, 3/4); softmax(0, 0) = (1/2, 1/2).
    z = np.float32([[[[0, np.log(3)], [0, 0]]]])
    found = NeighborDifferences()(z)
    length = np.sqrt(2) / 4
    np.testing.assert_allclose(found, [[[length, length]]], rtol=1e-6)


def test_gradient():
    weights = np.random.default_rng(1).normal(size=(1, 2, 3))
    transform = NeighborDifferences(dtype="float64")
    x = np.random.default_rng(0).normal(size=(1, 2, 3, 2))
    assert_gradient(lambda t: transform(t) * weights, x)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_extremes_are_finite(scale):
    x = np.random.default_rng(0).normal(size=(1, 2, 3, 2))
    x = tf.constant(scale * x, "float32")
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = NeighborDifferences()(x)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, x)))


def test_round_trip():
    transform = NeighborDifferences(probabilities=False)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(transform)
    )
    assert copy.get_config() == transform.get_config()


@pytest.mark.parametrize("shape", [(2, 3), (2, 1, 1, 3)])
def test_rejects_other_shapes(shape):
    with pytest.raises(InputError, match="needs a map"):
        NeighborDifferences()(np.ones(shape, "float32"))
