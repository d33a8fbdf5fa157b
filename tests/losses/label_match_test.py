import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.distances import LpDistance
from tfkd.errors import InputError
from tfkd.losses import LabelMatch


def test_is_the_distance_of_labels():
    y = np.array([[1, 2], [0, 0]], "int32")
    found = LabelMatch(student_tap="s")(
        {}, {"s": np.float32([[1, 0], [3, 1]])}, labels=y
    )
    np.testing.assert_allclose(found, [2.0, 5.0], rtol=1e-6)
    absolute = LabelMatch(student_tap="s", distance=LpDistance(p=1))
    found = absolute({}, {"s": np.float32([[1, 0], [3, 1]])}, labels=y)
    np.testing.assert_allclose(found, [1.0, 2.0], rtol=1e-6)


def test_the_gradient_reaches_the_student():
    s = tf.constant([[1.0, 0.0]])
    with tf.GradientTape() as tape:
        tape.watch(s)
        value = LabelMatch(student_tap="s")(
            {}, {"s": s}, labels=tf.constant([[1.0, 2.0]])
        )
    # d/ds mean (s - y)^2 = (s - y).
    np.testing.assert_allclose(tape.gradient(value, s), [[0.0, -2.0]])


def test_round_trip():
    loss = LabelMatch(student_tap="s", distance=LpDistance(p=1))
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize("labels", [None, np.zeros((1, 3))])
def test_needs_labels_of_the_taps_shape(labels):
    with pytest.raises(InputError, match="compares labels with a tap"):
        LabelMatch(student_tap="s")(
            {}, {"s": np.zeros((1, 2), "float32")}, labels=labels
        )
