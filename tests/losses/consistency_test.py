import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.distances import LpDistance
from tfkd.errors import InputError
from tfkd.losses import Consistency


def values(loss, first, second):
    return loss({}, {"logits": first, "second": second})


def test_is_the_distance_of_two_predictions():
    # (1/4, 3/4) against (1/2, 1/2): (1/16 + 1/16) / 2.
    loss = Consistency(second_tap="second")
    first = np.array([[0.0, np.log(3.0)]], "float32")
    found = values(loss, first, 0 * first)
    np.testing.assert_allclose(found, [1 / 16], rtol=1e-6)


def test_both_sides_have_gradients():
    loss = Consistency(second_tap="second", distance=LpDistance(reduce="sum"))
    first, second = tf.Variable([[1.0, 2.0]]), tf.Variable([[3.0, 2.0]])
    with tf.GradientTape() as tape:
        value = values(loss, first, second)
    # d (1 - 3)^2: -4 and 4.
    gradients = tape.gradient(value, [first, second])
    np.testing.assert_array_equal(gradients[0], [[-4.0, 0.0]])
    np.testing.assert_array_equal(gradients[1], [[4.0, 0.0]])


def test_gradient_agrees_with_finite_differences():
    loss = Consistency(second_tap="second", dtype="float64")
    random = np.random.default_rng(0)
    second = tf.constant(random.normal(size=(3, 4)))
    assert_gradient(
        lambda z: values(loss, z, second), random.normal(size=(3, 4))
    )


def test_config_round_trip():
    loss = Consistency(second_tap="b", first_tap="a", distance=LpDistance(p=1))
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.student_taps == ("a", "b")
    assert copy.distance.p == 1


def test_taps_of_two_shapes_are_our_error():
    loss = Consistency(second_tap="second")
    taps = {
        "logits": keras.KerasTensor((None, 3)),
        "second": keras.KerasTensor((None, 4)),
    }
    with pytest.raises(InputError, match="tensors of one shape"):
        loss.setup({}, taps)
