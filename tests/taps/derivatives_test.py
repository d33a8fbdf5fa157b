import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.taps.extractor_test import Declared
from tfkd import taps
from tfkd.errors import InputError


def linear():
    """z = x W with a known W."""
    model = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(2, name="logits")]
    )
    model.layers[-1].kernel.assign([[1.0, 4.0], [2.0, 5.0], [3.0, 6.0]])
    return model


def test_a_jacobian_of_a_linear_layer_is_its_kernel():
    extractor = taps.Extractor(linear(), ["logits", "logits:jacobian"])
    found = extractor(np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]], "float32"))
    np.testing.assert_allclose(found["logits"], [[1, 4], [5, 11]])
    np.testing.assert_allclose(
        found["logits:jacobian"], [[[1, 2, 3], [4, 5, 6]]] * 2
    )
    assert extractor.specs["logits:jacobian"].shape == (None, 2, 3)


def test_a_gradient_is_that_of_the_largest_output():
    extractor = taps.Extractor(linear(), ["logits:gradient"])
    found = extractor(np.array([[1.0, 1.0, 1.0], [-1.0, 0.0, 0.0]], "float32"))
    # z is (6, 15) and (-1, -4).
    np.testing.assert_allclose(found["logits:gradient"], [[4, 5, 6], [1, 2, 3]])
    assert extractor.specs["logits:gradient"].shape == (None, 3)


def test_of_a_map_its_attention_is_differentiated():
    inputs = keras.Input((1, 2, 2))
    stage = keras.layers.Activation("linear", name="stage1")(inputs)
    model = keras.Model(inputs, keras.layers.Flatten()(stage))
    found = taps.Extractor(model, ["stage1:jacobian", "stage1:gradient"])(
        np.array([[[[1.0, 2.0], [3.0, -1.0]]]], "float32")
    )
    # A = (1 + 4, 9 + 1); d A / d x = 2 x at its own position.
    np.testing.assert_allclose(
        found["stage1:jacobian"][0, :, 0],
        [[[2, 4], [0, 0]], [[0, 0], [6, -2]]],
    )
    np.testing.assert_allclose(
        found["stage1:gradient"][0, 0], [[0, 0], [6, -2]]
    )


def test_weights_are_trained_through_a_derivative():
    model = linear()
    extractor = taps.Extractor(model, ["logits:jacobian"])
    with tf.GradientTape() as tape:
        found = extractor(np.ones((2, 3), "float32"), training=True)
        loss = tf.reduce_sum(found["logits:jacobian"] ** 2)
    kernel = model.layers[-1].kernel
    # Twice the kernel for each of two examples.
    np.testing.assert_allclose(
        tape.gradient(loss, kernel.value), 4 * kernel.numpy()
    )


def test_whole_numbers_are_inputs_too():
    found = taps.Extractor(linear(), ["logits:jacobian"])(
        np.array([[255, 0, 7]], "uint8")
    )
    np.testing.assert_allclose(
        found["logits:jacobian"], [[[1, 2, 3], [4, 5, 6]]]
    )


def test_the_base_must_be_a_matrix_or_a_map():
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, keras.layers.Dense(2, name="logits")(inputs))
    with pytest.raises(InputError, match="derivative of a matrix"):
        taps.Extractor(model, ["logits:jacobian"])


def test_a_model_of_several_inputs_has_no_derivative():
    pair = [keras.Input((2,)), keras.Input((2,))]
    model = keras.Model(pair, keras.layers.Add(name="sum")(pair))
    with pytest.raises(InputError, match="has 2 that are known"):
        taps.Extractor(model, ["sum:gradient"])
    with pytest.raises(InputError, match="has 0 that are known"):
        taps.Extractor(Declared(), ["hidden:gradient"])


def test_an_unknown_base_is_named():
    with pytest.raises(InputError, match="no_such"):
        taps.Extractor(linear(), ["no_such:jacobian"])


def explained():
    """Two channels, averaged over positions, and a known dense layer."""
    model = keras.Sequential(
        [
            keras.Input((1, 2, 2)),
            keras.layers.Activation("linear", name="stage1"),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(2, name="logits"),
        ]
    )
    model.layers[-1].kernel.assign([[4.0, 2.0], [-2.0, 6.0]])
    return model


def test_an_explanation_shows_where_a_map_speaks_for_a_class():
    extractor = taps.Extractor(explained(), ["stage1:gradcam"])
    found = extractor(np.array([[[[1.0, 1.0], [1.0, 4.0]]]], "float32"))
    # z_k = (W_k1 (F_1 + F_1') + W_k2 (F_2 + F_2')) / 2, so a = W_k / 2:
    # class 0: relu(2 F_1 - F_2) = (1, 0), class 1: F_1 + 3 F_2 = (4, 13).
    np.testing.assert_allclose(
        found["stage1:gradcam"], [[[[1, 0]], [[4, 13]]]], rtol=1e-6
    )
    assert extractor.specs["stage1:gradcam"].shape == (None, 2, 1, 2)


def test_weights_behind_a_map_are_trained_through_its_explanation():
    model = explained()
    extractor = taps.Extractor(model, ["stage1:gradcam"])
    x = np.ones((1, 1, 2, 2), "float32")
    with tf.GradientTape() as tape:
        found = extractor(x, training=True)["stage1:gradcam"]
        total = tf.reduce_sum(found[:, 1])
    # 2 positions, each W_12 / 2 + W_22 / 2.
    gradient = tape.gradient(total, model.layers[-1].kernel.value)
    np.testing.assert_allclose(gradient, [[0, 1], [0, 1]], rtol=1e-6)


def test_only_a_map_can_be_explained():
    with pytest.raises(InputError, match="explains logits"):
        taps.Extractor(linear(), ["logits:gradcam"])


def test_the_one_input_may_be_named():
    inputs = keras.Input((3,), name="image")
    outputs = keras.layers.Dense(2, use_bias=False, name="logits")(inputs)
    model = keras.Model({"image": inputs}, outputs)
    x = np.ones((4, 3), "float32")
    found = taps.Extractor(model, ["logits:jacobian"])({"image": x})
    kernel = np.array(model.get_layer("logits").kernel)
    np.testing.assert_allclose(found["logits:jacobian"], [kernel.T] * 4)
