import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import models
from tfkd.errors import InputError
from tfkd.models import quantized as lib

X = np.random.default_rng(0).uniform(size=(5, 8, 8, 1)).astype("float32")


def network():
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=(3, 4, 5),
    )


def test_ternary_weights_are_the_papers():
    w = np.array([[2.0, -0.5], [0.1, -1.4]], "float32")
    # Mean magnitude 1, threshold 0.7: 2 and 1.4 stay, scale 1.7.
    expected = np.array([[1.7, 0.0], [0.0, -1.7]])
    np.testing.assert_allclose(lib.ternary(w), expected, rtol=1e-6)
    np.testing.assert_array_equal(lib.ternary(0 * w), 0 * w)


def test_binary_weights_have_a_scale_a_filter():
    w = np.array([[2.0, -0.5], [0.0, -1.5]], "float32")
    # Mean magnitudes (2 + 0) / 2 and (0.5 + 1.5) / 2; the sign of 0 is 1.
    expected = np.array([[1.0, -1.0], [1.0, -1.0]])
    np.testing.assert_allclose(lib.binary(w), expected, rtol=1e-6)
    np.testing.assert_allclose(
        lib.binary(3 * w[:, :1]), [[3.0], [3.0]], rtol=1e-6
    )


def test_bits_give_equally_spaced_weights():
    w = np.array([-3.0, -1.2, 0.4, 0.6, 2.9], "float32")
    # 3 bits: 7 values, -3 to 3 in steps of 1.
    np.testing.assert_allclose(lib.uniform(w, 3), [-3, -1, 0, 1, 3])
    # 2 bits: three values.
    np.testing.assert_allclose(lib.uniform(w, 2), [-3, 0, 0, 0, 3])
    np.testing.assert_array_equal(lib.uniform(0 * w, 4), 0 * w)
    assert len(np.unique(lib.uniform(np.linspace(-1, 1, 999), 4))) == 15


@pytest.mark.parametrize("kind", ["binary", "ternary", 3])
def test_the_gradient_passes_straight_through(kind):
    w = tf.Variable([[2.0, -0.5], [0.1, -1.4]])
    factor = tf.constant([[1.0, 2.0], [3.0, 4.0]])
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(factor * lib.quantize(w, kind))
    np.testing.assert_allclose(tape.gradient(total, w), factor)


def test_layers_compute_with_rounded_weights():
    dense = lib.QuantizedDense(1, activation="relu")
    dense.build((None, 4))
    kernel = np.array([[2.0], [-0.5], [0.1], [-1.4]])
    dense.set_weights([kernel, np.array([0.3])])
    # 1.7 * 1 - 1.7 * 2 + 0.3 < 0, and 1.7 * 3 + 0.3.
    x = np.array([[1.0, 9.0, 9.0, 2.0], [3.0, 9.0, 9.0, 0.0]])
    np.testing.assert_allclose(dense(x), [[0.0], [5.4]], rtol=1e-6)
    conv = lib.QuantizedConv2D(1, 1, weights=2)
    conv.build((None, 1, 1, 4))
    conv.set_weights([kernel.reshape(1, 1, 4, 1), np.array([0.5])])
    # -1.4 / 2 = -0.7 rounds to -1: kernel (2, 0, 0, -2).
    found = conv(np.array([[[[1.0, 9.0, 9.0, 3.0]]]]))
    np.testing.assert_allclose(found, [[[[-3.5]]]], rtol=1e-6)


def test_inputs_are_rounded_to_what_training_saw():
    dense = lib.QuantizedDense(1, weights=2, activations=2, use_bias=False)
    dense.build((None, 1))
    dense.kernel.assign([[1.0]])
    x = np.array([[0.0], [1.4], [2.9], [3.0]])
    # Before any training, nothing is known of the range.
    np.testing.assert_allclose(dense(x), x, rtol=1e-6)
    # 2 bits of 0 to 3: steps of 1.
    found = dense(x, training=True)
    np.testing.assert_allclose(found, [[0], [1], [3], [3]], rtol=1e-6)
    found = dense(np.array([[-5.0], [7.0], [0.6]]))
    np.testing.assert_allclose(found, [[0], [3], [1]], rtol=1e-6)


def test_the_first_and_last_layers_stay_and_weights_are_copied():
    model = network()
    student = lib.quantized(model, activations=None)
    assert [layer.name for layer in lib.quantized_layers(student)] == [
        "stage2_conv",
        "stage3_conv",
    ]
    for mine, theirs in zip(student.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(mine, theirs)
    every = lib.quantized(model, keep=())
    assert len(lib.quantized_layers(every)) == 4


def test_many_bits_change_little():
    model = network()
    student = lib.quantized(model, weights=8, activations=None, keep=())
    np.testing.assert_allclose(student(X), model(X), atol=0.02)
    coarse = lib.quantized(model, activations=None, keep=())
    assert np.max(np.abs(coarse(X) - model(X))) > 0.02


def test_the_plain_network_computes_the_same():
    student = lib.quantized(network(), activations=None)
    plain = lib.strip(student)
    assert type(plain.get_layer("stage2_conv")) is keras.layers.Conv2D
    np.testing.assert_allclose(plain(X), student(X), rtol=1e-5, atol=1e-6)
    assert len(np.unique(plain.get_layer("stage3_conv").kernel)) == 3


def test_it_trains_and_is_saved(tmp_path):
    keras.utils.set_random_seed(0)
    student = lib.quantized(network(), weights=4)
    student.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    y = np.array([0, 1, 0, 1, 0])
    history = student.fit(X, y, epochs=30, verbose=0).history["loss"]
    assert history[-1] < 0.5 * history[0]
    student.save(tmp_path / "student.keras")
    loaded = keras.saving.load_model(tmp_path / "student.keras")
    np.testing.assert_array_equal(loaded(X), student(X))
    layer = loaded.get_layer("stage2_conv")
    assert (layer.weight_kind, layer.activation_bits) == (4, 8)
    assert float(layer.high) > 0


def test_a_mistake_is_our_error():
    for wrong in ({"weights": "unary"}, {"weights": 1}):
        with pytest.raises(InputError, match="weights must be 'ternary'"):
            lib.quantized(network(), **wrong)
    with pytest.raises(InputError, match="activations must be"):
        lib.quantized(network(), activations=16)
    small = models.build("mlp", input_shape=(3,), num_classes=2, units=(4,))
    with pytest.raises(InputError, match="besides those that stay"):
        lib.quantized(small)


def test_an_unknown_layer_to_keep_lists_the_closest():
    model = models.build("mlp", input_shape=(4,), num_classes=2)
    with pytest.raises(InputError, match="logit'.*logits"):
        lib.quantized(model, keep=("logit",))
