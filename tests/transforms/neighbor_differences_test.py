import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import NeighborDifferences


def test_differs_from_every_neighbour_inside():
    # 1 2
    # 4 8
    x = np.float32([[[[1], [2]], [[4], [8]]]])
    found = np.asarray(NeighborDifferences(probabilities=False)(x))
    assert found.shape == (1, 2, 2, 8, 1)
    # Neighbours in reading order: of 1 there are 2, 4 and 8, at the places
    # right (4), below (6) and below right (7).
    np.testing.assert_array_equal(
        found[0, 0, 0, :, 0], [0, 0, 0, 0, -1, 0, -3, -7]
    )
    # Of 8: above left 1, above 2, left 4.
    np.testing.assert_array_equal(
        found[0, 1, 1, :, 0], [7, 6, 0, 4, 0, 0, 0, 0]
    )


def test_are_those_of_probabilities():
    # softmax(0, log 3) = (1/4, 3/4); softmax(0, 0) = (1/2, 1/2).
    z = np.float32([[[[0, np.log(3)], [0, 0]]]])
    found = np.asarray(NeighborDifferences()(z))
    np.testing.assert_allclose(found[0, 0, 0, 4], [-0.25, 0.25], rtol=1e-6)
    np.testing.assert_allclose(found[0, 0, 1, 3], [0.25, -0.25], rtol=1e-6)
    assert np.count_nonzero(found) == 4


def test_gradient():
    weights = np.random.default_rng(1).normal(size=(1, 2, 3, 8, 2))
    transform = NeighborDifferences(dtype="float64")
    x = np.random.default_rng(0).normal(size=(1, 2, 3, 2))
    assert_gradient(lambda t: transform(t) * weights, x)


def test_round_trip():
    transform = NeighborDifferences(probabilities=False)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(transform)
    )
    assert copy.get_config() == transform.get_config()


def test_rejects_vectors():
    with pytest.raises(InputError, match="needs a map"):
        NeighborDifferences()(np.ones((2, 3), "float32"))
