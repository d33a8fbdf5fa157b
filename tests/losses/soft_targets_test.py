import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.transforms import ConfidentTargets
from tfkd.transforms import DynamicTemperature
from tfkd.transforms import LabelMix


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


def test_one_class_has_no_soft_targets():
    logits = {"logits": keras.KerasTensor((None, 1))}
    with pytest.raises(InputError, match="several classes.*SigmoidKL"):
        SoftTargets().setup(logits, logits)


def test_a_correction_mixes_labels_into_the_target():
    # q = 1/2 (0, 1) + 1/2 (3/4, 1/4) = (3/8, 5/8); p = (1/2, 1/2):
    # 3/8 ln(3/4) + 5/8 ln(5/4). Without a label: 3/4 ln(3/2) + 1/4 ln(1/2).
    loss = SoftTargets(temperature=1.0, correction=LabelMix(0.5))
    loss.built = True
    assert loss.needs_labels
    teacher = np.array([[np.log(3.0), 0.0]] * 2, "float32")
    found = loss(
        {"logits": teacher}, {"logits": 0 * teacher}, labels=np.array([1, -1])
    )
    expected = [
        3 / 8 * np.log(3 / 4) + 5 / 8 * np.log(5 / 4),
        3 / 4 * np.log(3 / 2) + 1 / 4 * np.log(1 / 2),
    ]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_a_correction_without_labels_is_our_error():
    loss = SoftTargets(correction=LabelMix(0.5))
    loss.built = True
    with pytest.raises(InputError, match="'soft_targets' needs labels"):
        loss({"logits": np.eye(2)}, {"logits": np.eye(2)})


def test_every_example_may_have_a_temperature_of_its_own():
    # Cosines 1 and 0: w = 0 and 1, mean 1/2; T = 2 + 2 (1/2 - w) = 3 and 1.
    loss = SoftTargets(
        temperature=2.0, dynamic_temperature=DynamicTemperature(bias=2.0)
    )
    t = np.array([[1.0, 0.0], [0.0, 1.0]], "float32")
    s = np.array([[2.0, 0.0], [1.0, 0.0]], "float32")
    expected = [
        values(SoftTargets(temperature=3.0), t, s)[0],
        values(SoftTargets(temperature=1.0), t, s)[1],
    ]
    np.testing.assert_allclose(values(loss, t, s), expected, rtol=1e-5)


def test_dense_logits_have_a_temperature_at_every_position():
    loss = SoftTargets(
        temperature=2.0, dynamic_temperature=DynamicTemperature(bias=2.0)
    )
    t, s = np.random.default_rng(0).normal(size=(2, 3, 4, 5)).astype("float32")
    # All positions are one batch; an example is the mean of its own.
    flat = values(loss, t.reshape(-1, 5), s.reshape(-1, 5))
    expected = flat.reshape(3, 4).mean(axis=1)
    np.testing.assert_allclose(values(loss, t, s), expected, rtol=1e-5)


def test_only_selected_examples_count():
    # Confidences 3/4, 1/2 and 3/4; the first one has a label.
    loss = SoftTargets(
        temperature=1.0, selection=ConfidentTargets(0.6, unlabelled_only=True)
    )
    loss.built = True
    assert loss.needs_labels
    t = np.log([[3.0, 1.0], [1.0, 1.0], [3.0, 1.0]]).astype("float32")
    s = np.array([[1.0, 0.0]] * 3, "float32")
    plain = values(SoftTargets(temperature=1.0), t, s)
    found = loss({"logits": t}, {"logits": s}, labels=np.array([1, -1, -1]))
    np.testing.assert_allclose(found, [0, 0, plain[2]], rtol=1e-6)


def test_the_options_survive_their_config():
    loss = SoftTargets(
        selection=ConfidentTargets(0.7),
        correction=LabelMix(0.25),
        dynamic_temperature=DynamicTemperature("confidence"),
    )
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.selection.threshold == 0.7
    assert copy.correction.share == 0.25
    assert copy.dynamic_temperature.score == "confidence"


def test_two_rules_for_the_students_temperature_are_our_error():
    with pytest.raises(InputError, match="received both"):
        SoftTargets(
            student_temperature=1.0, dynamic_temperature=DynamicTemperature()
        )
