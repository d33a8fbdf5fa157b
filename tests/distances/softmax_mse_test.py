import keras
import numpy as np

from tests.gradients import assert_gradient
from tfkd.distances import SoftmaxMSE


def test_is_the_mean_square_of_probabilities():
    # softmax(0, log 3) = (1/4, 3/4); softmax(0, 0) = (1/2, 1/2):
    # ((1/4)^2 + (1/4)^2) / 2 = 1/16.
    teacher = np.array([[0.0, np.log(3.0)]], "float32")
    student = np.zeros((1, 2), "float32")
    found = SoftmaxMSE().call(teacher, student)
    np.testing.assert_allclose(found, [1 / 16], rtol=1e-6)


def test_positions_of_maps_are_averaged():
    teacher = np.zeros((1, 2, 1, 2), "float32")
    teacher[0, 0, 0, 1] = np.log(3.0)
    found = SoftmaxMSE().call(teacher, np.zeros_like(teacher))
    np.testing.assert_allclose(found, [1 / 32], rtol=1e-6)


def test_opposite_and_sure_costs_two_over_classes():
    teacher = np.array([[1e4, -1e4, 0.0]], "float32")
    student = np.array([[-1e4, 1e4, 0.0]], "float32")
    # ((1 - 0)^2 + (0 - 1)^2) / 3.
    found = SoftmaxMSE().call(teacher, student)
    np.testing.assert_allclose(found, [2 / 3], rtol=1e-6)


def test_gradient_agrees_with_finite_differences():
    teacher, student = np.random.default_rng(0).normal(size=(2, 3, 4))
    distance = SoftmaxMSE(dtype="float64")
    assert_gradient(lambda s: distance.call(teacher, s), student)


def test_config_round_trip():
    distance = SoftmaxMSE(name="consistency")
    config = keras.saving.serialize_keras_object(distance)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == distance.get_config()
