import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import GraphSmoothness


def values(loss, x, logits):
    return loss({}, {"x": x, "logits": logits})


def test_neighbours_pull_as_they_are_near():
    # On a line 0, 1, 3 with one neighbour: edges 0-1 (1) and 1-2 (4), as 1
    # is the nearest of 2. s^2 = (1 + 4) / 2; W = exp(-1/5), exp(-4/5).
    x = np.array([[0.0], [1.0], [3.0]], "float32")
    p = np.array([[0.5, 0.5], [0.75, 0.25], [0.25, 0.75]])
    near, far = np.exp(-1 / 5), np.exp(-4 / 5)
    # ||p_0 - p_1||^2 = 1/8, ||p_1 - p_2||^2 = 1/2.
    expected = [1 / 8, (near / 8 + far / 2) / (near + far), 1 / 2]
    loss = GraphSmoothness(feature_tap="x", neighbors=1)
    found = values(loss, x, np.log(p).astype("float32"))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_scale_of_features_does_not_matter():
    random = np.random.default_rng(0)
    x, logits = random.normal(size=(2, 6, 4)).astype("float32")
    loss = GraphSmoothness(feature_tap="x", neighbors=2)
    first = values(loss, x, logits)
    np.testing.assert_allclose(values(loss, 1e6 * x, logits), first, rtol=1e-3)
    np.testing.assert_allclose(values(loss, 1e-6 * x, logits), first, rtol=1e-3)


def test_equal_answers_cost_nothing():
    x = np.random.default_rng(0).normal(size=(6, 2, 2, 1)).astype("float32")
    loss = GraphSmoothness(feature_tap="x")
    found = values(loss, x, np.ones((6, 3), "float32"))
    np.testing.assert_array_equal(found, np.zeros(6))


def test_one_example_has_no_neighbour():
    loss = GraphSmoothness(feature_tap="x")
    found = values(loss, np.ones((1, 2), "float32"), np.ones((1, 3), "float32"))
    np.testing.assert_array_equal(found, [0.0])


def test_equal_examples_are_all_near():
    loss = GraphSmoothness(feature_tap="x", neighbors=2)
    logits = tf.Variable(np.eye(3, dtype="float32"))
    with tf.GradientTape() as tape:
        value = values(loss, np.ones((3, 2), "float32"), logits)
    assert np.all(np.array(value) > 0)
    assert np.all(np.isfinite(tape.gradient(value, logits)))


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    loss = GraphSmoothness(feature_tap="x", neighbors=2, dtype="float64")
    x = random.normal(size=(4, 3))
    assert_gradient(lambda z: values(loss, x, z), random.normal(size=(4, 3)))


def test_config_round_trip():
    loss = GraphSmoothness(feature_tap="x", neighbors=3, weight=0.5)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


def test_bad_arguments_are_our_errors():
    with pytest.raises(InputError, match="neighbors must be"):
        GraphSmoothness(feature_tap="x", neighbors=0)
    maps = {n: keras.KerasTensor((None, 2, 2, 3)) for n in ("x", "logits")}
    with pytest.raises(InputError, match=r"logits \(batch, classes\)"):
        GraphSmoothness(feature_tap="x").setup({}, maps)
