import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ResidualLabels


def made(classes=3, **arguments):
    loss = ResidualLabels(**arguments)
    loss.setup({}, {"logits": keras.KerasTensor((None, classes))})
    return loss


def values(loss, logits, labels):
    return loss({}, {"logits": logits}, labels=labels)


def test_is_the_divergence_over_the_other_classes():
    loss = made()
    residuals = np.zeros((3, 3), "float32")
    residuals[2] = [np.log(3.0), 0.0, 9.0]
    loss.residuals.assign(residuals)
    # Class 2 is true: r = (3/4, 1/4) over the others, s = (1/2, 1/2);
    # 3/4 ln(3/2) + 1/4 ln(1/2). The second example has no label.
    logits = np.array([[1.0, 1.0, 7.0]] * 2, "float32")
    expected = 0.75 * np.log(1.5) + 0.25 * np.log(0.5)
    found = values(loss, logits, np.array([2, -1]))
    np.testing.assert_allclose(found, [expected, 0.0], rtol=1e-5)


def test_the_true_class_has_no_say():
    loss = made()
    one = values(loss, np.array([[1.0, 2.0, 3.0]]), np.array([0]))
    other = values(loss, np.array([[99.0, 2.0, 3.0]]), np.array([0]))
    np.testing.assert_allclose(one, other, rtol=1e-6)


def test_residuals_learn_what_the_network_confuses():
    loss = made()
    logits = tf.constant([[0.0, 2.0, 0.0]])
    for _ in range(200):
        with tf.GradientTape() as tape:
            value = values(loss, logits, tf.constant([0]))
        (gradient,) = tape.gradient(value, [loss.residuals.value])
        loss.residuals.assign_sub(gradient)
    row = np.array(loss.residuals)[0]
    np.testing.assert_allclose(row[1] - row[2], 2.0, atol=0.05)
    np.testing.assert_array_equal(np.array(loss.residuals)[1:], 0.0)


def test_gradient_agrees_with_finite_differences():
    loss = made(5, dtype="float64")
    random = np.random.default_rng(0)
    loss.residuals.assign(random.normal(size=(5, 5)))
    labels = np.array([0, 4, -1])
    assert_gradient(
        lambda z: values(loss, z, labels), random.normal(size=(3, 5))
    )


def test_config_round_trip():
    loss = ResidualLabels(student_tap="exit", weight=0.5)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


def test_two_classes_or_no_labels_are_our_errors():
    with pytest.raises(InputError, match="received 2 classes"):
        made(2)
    with pytest.raises(InputError, match="needs labels"):
        values(made(), np.zeros((1, 3), "float32"), None)
