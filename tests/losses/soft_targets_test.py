import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.losses import SoftTargets


def values(loss, teacher, student, step=0):
    loss.built = True
    return np.array(loss({"logits": teacher}, {"logits": student}, step=step))


def test_the_factor_is_the_square_of_the_temperature():
    # At T = 2 the logits 2 ln 3 and 0 give q = (3/4, 1/4), p = (1/2, 1/2):
    # 4 (3/4 ln(3/2) + 1/4 ln(1/2)) = 4 * 0.130812 = 0.523248
    teacher = np.array([[2 * np.log(3.0), 0.0]], "float32")
    found = values(SoftTargets(temperature=2.0), teacher, 0 * teacher)
    np.testing.assert_allclose(found, [0.523248], rtol=1e-5)


def test_a_high_temperature_is_logit_regression():
    # The limit of T^2 KL is |z_s - z_t|^2 / (2 C) for centred logits.
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 4, 5)).astype("float32")
    t, s = (z - z.mean(-1, keepdims=True) for z in (t, s))
    found = values(SoftTargets(temperature=100.0), t, s)
    want = np.sum((t - s) ** 2, -1) / 10
    np.testing.assert_allclose(found, want, rtol=0.05)


def test_the_gradient_is_t_times_the_difference_of_probabilities():
    t = tf.constant([[1.0, 0.0, -1.0]])
    s = tf.Variable([[0.0, 2.0, 0.0]])
    loss = SoftTargets(temperature=3.0)
    loss.built = True
    with tf.GradientTape() as tape:
        value = loss({"logits": t}, {"logits": s})
    want = 3 * (tf.nn.softmax(s / 3) - tf.nn.softmax(t / 3))
    np.testing.assert_allclose(tape.gradient(value, s), want, rtol=1e-5)


def test_the_temperature_may_follow_a_schedule():
    from tfkd import schedules

    loss = SoftTargets(temperature=schedules.Piecewise([5], [1.0, 2.0]))
    config = keras.saving.serialize_keras_object(loss)
    loss = keras.saving.deserialize_keras_object(config)
    t = np.array([[2.0, 0.0]], "float32")
    for step, temperature in ((0, 1.0), (5, 2.0)):
        want = values(SoftTargets(temperature=temperature), t, 0 * t)
        np.testing.assert_allclose(values(loss, t, 0 * t, step), want)


def test_temperature_must_be_positive():
    with pytest.raises(InputError, match="temperature"):
        SoftTargets(temperature=0.0)
