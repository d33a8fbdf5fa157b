import keras
import numpy as np
import tensorflow as tf

from tfkd.losses import FactorTransfer

RANDOM = np.random.default_rng(0)
TEACHER = {"t": RANDOM.uniform(size=(2, 3, 3, 4)).astype("float32")}
STUDENT = {"s": RANDOM.uniform(size=(2, 3, 3, 2)).astype("float32")}


def built(steps=2):
    keras.utils.set_random_seed(0)
    loss = FactorTransfer(
        teacher_tap="t", student_tap="s", paraphraser_steps=steps
    )
    loss.setup(
        {"t": keras.KerasTensor((None, 3, 3, 4))},
        {"s": keras.KerasTensor((None, 3, 3, 2))},
    )
    return loss


def test_reconstructs_first_and_compares_factors_afterwards():
    loss = built()
    error = np.asarray(loss.paraphraser.reconstruct(TEACHER["t"]))
    error = (error - TEACHER["t"]).reshape(2, -1)
    found = loss(TEACHER, STUDENT, step=1)
    np.testing.assert_allclose(found, np.mean(error**2, axis=1), rtol=1e-5)

    factors = [
        np.asarray(layer(x), "float64").reshape(2, -1)
        for layer, x in (
            (loss.paraphraser, TEACHER["t"]),
            (loss.translator, STUDENT["s"]),
        )
    ]
    t, s = (f / np.linalg.norm(f, axis=1, keepdims=True) for f in factors)
    found = loss(TEACHER, STUDENT, step=2)
    np.testing.assert_allclose(found, np.mean(np.abs(t - s), axis=1), 1e-5)


def test_each_stage_trains_its_own_weights():
    loss = built()
    for step, trained in ((0, loss.paraphraser), (2, loss.translator)):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(loss(TEACHER, STUDENT, step=step))
        weights = loss.trainable_variables
        gradients = tape.gradient(value, [w.value for w in weights])
        theirs = {id(w) for w in trained.weights}
        for weight, gradient in zip(weights, gradients):
            moved = gradient is not None and np.any(gradient != 0)
            assert moved == (id(weight) in theirs), weight.path


def test_the_factor_is_frozen_after_the_first_stage():
    loss = built()
    before = loss(TEACHER, STUDENT, step=2)
    for weight in loss.paraphraser.weights:
        weight.assign(2 * weight + 1)
    np.testing.assert_array_equal(loss(TEACHER, STUDENT, step=3), before)
    again = np.asarray(loss(TEACHER, STUDENT, step=2))
    assert not np.array_equal(again, before)


def test_is_finite_for_silent_and_tiny_maps():
    loss = built(0)
    for scale in (0.0, 1e-8, 1e4):
        found = loss(
            {"t": scale * TEACHER["t"]}, {"s": scale * STUDENT["s"]}, step=1
        )
        assert np.all(np.isfinite(found))


def test_config_round_trip():
    loss = built()
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()
