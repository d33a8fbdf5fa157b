import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd import models
from tfkd.errors import InputError
from tfkd.models import variational as lib

X = np.random.default_rng(0).normal(size=(5, 8, 8, 1)).astype("float32")


def network():
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=(3, 4),
        strides=(1, 2),
    )


def dense(kernel, log_variance, **arguments):
    layer = lib.VariationalDense(1, use_bias=False, **arguments)
    layer.build((None, len(kernel)))
    layer.kernel.assign(np.reshape(kernel, (-1, 1)))
    layer.log_variance.assign(np.reshape(log_variance, (-1, 1)))
    return layer


def test_the_divergence_is_the_papers_approximation():
    log_alpha = np.array([-8.0, 0.0, 3.0])
    # 0.63576 - 0.63576 s(1.8732 + 1.48695 l) + ln(1 + exp(-l)) / 2
    s = 1 / (1 + np.exp(-(1.87320 + 1.48695 * log_alpha)))
    expected = 0.63576 * (1 - s) + 0.5 * np.log1p(np.exp(-log_alpha))
    np.testing.assert_allclose(
        lib.divergence(log_alpha.astype("float32")), expected, rtol=1e-5
    )
    assert np.all(np.diff(expected) < 0)
    assert_gradient(lib.divergence, np.array([-2.0, 0.5, 2.5]))


def test_log_alpha_is_variance_over_squared_mean():
    layer = dense([2.0, 0.1], [np.log(4.0), np.log(1.0)], threshold=3.0)
    # 4 / 4 = 1 and 1 / 0.01 = 100: the second is noise, log 100 = 4.6 > 3.
    np.testing.assert_allclose(
        layer.log_alpha()[:, 0], [0.0, np.log(100)], atol=1e-5
    )
    np.testing.assert_allclose(layer.kept()[:, 0], [2.0, 0.0])
    found = layer(np.array([[1.0, 1.0]]))
    np.testing.assert_allclose(found, [[2.0]])


def test_outputs_are_sampled_in_training():
    layer = dense([2.0, -1.0], [np.log(0.25), np.log(0.04)], seed=3)
    x = np.tile(np.array([[3.0, 2.0]], "float32"), (20000, 1))
    found = np.asarray(layer(x, training=True))
    # 3 * 2 - 2 = 4; 9 * 0.25 + 4 * 0.04 = 2.41.
    assert np.mean(found) == pytest.approx(4.0, abs=0.05)
    assert np.var(found) == pytest.approx(2.41, rel=0.05)


def test_a_convolution_samples_likewise():
    layer = lib.VariationalConv2D(1, 2, use_bias=False)
    layer.build((None, 2, 2, 1))
    layer.kernel.assign(np.full((2, 2, 1, 1), 0.5))
    layer.log_variance.assign(np.full((2, 2, 1, 1), np.log(0.09)))
    x = np.ones((20000, 2, 2, 1), "float32")
    found = np.asarray(layer(x, training=True))
    assert np.mean(found) == pytest.approx(2.0, abs=0.02)
    assert np.var(found) == pytest.approx(0.36, rel=0.05)


def test_the_divergence_is_a_loss_of_keras():
    layer = dense([2.0, 1.0], [0.0, 0.0], kl_weight=0.5)
    layer(np.ones((1, 2)), training=True)
    (loss,) = layer.losses
    np.testing.assert_allclose(loss, 0.5 * layer.kl(), rtol=1e-6)
    student = lib.variational(network(), kl_weight=0.1)
    student(X, training=False)
    total = sum(0.1 * layer.kl() for layer in lib.variational_layers(student))
    np.testing.assert_allclose(sum(student.losses), total, rtol=1e-5)


def test_it_starts_as_the_network_it_was_made_of():
    model = network()
    student = lib.variational(model)
    # Weights below 0.0015 count as noise: exp(-10) / 0.0015^2 = 20 = e^3.
    np.testing.assert_allclose(student(X), model(X), atol=5e-3)
    assert [layer.name for layer in lib.variational_layers(student)] == [
        "stage1_conv",
        "stage2_conv",
        "logits",
    ]


def test_a_weight_that_says_nothing_becomes_noise():
    keras.utils.set_random_seed(0)
    layer = lib.VariationalDense(1, use_bias=False, kl_weight=0.02)
    model = keras.Sequential([keras.Input((2,)), layer])
    model.compile(keras.optimizers.Adam(0.05), "mse")
    x = np.random.default_rng(0).normal(size=(256, 2))
    model.fit(x, x[:, :1] * 2, epochs=150, batch_size=64, verbose=0)
    kept = np.asarray(layer.kept())[:, 0]
    assert kept[0] == pytest.approx(2.0, abs=0.2)
    assert kept[1] == 0
    assert lib.sparsity(model) == 0.5


def test_the_plain_network_computes_the_same(tmp_path):
    student = lib.variational(network())
    layer = student.get_layer("stage2_conv")
    layer.log_variance.assign(
        np.random.default_rng(0).uniform(-6, 4, layer.kernel.shape)
    )
    plain = lib.strip(student)
    assert type(plain.get_layer("stage2_conv")) is keras.layers.Conv2D
    np.testing.assert_allclose(plain(X), student(X), rtol=1e-5, atol=1e-6)
    kernel = np.asarray(plain.get_layer("stage2_conv").kernel)
    assert 0.1 < np.mean(kernel == 0) < 0.9


def test_it_is_saved(tmp_path):
    student = lib.variational(network(), kl_weight=0.25, threshold=2.0)
    student.save(tmp_path / "student.keras")
    loaded = keras.saving.load_model(tmp_path / "student.keras")
    np.testing.assert_array_equal(loaded(X), student(X))
    assert loaded.get_layer("logits").kl_weight == 0.25
    assert loaded.get_layer("logits").threshold == 2.0


def test_zero_weights_and_huge_variances_stay_finite():
    layer = dense([0.0, 1e3], [30.0, -40.0], kl_weight=1.0)
    with tf.GradientTape() as tape:
        found = layer(np.ones((4, 2)), training=True)
        total = tf.reduce_sum(found) + layer.losses[0]
    gradients = tape.gradient(total, [w.value for w in layer.trainable_weights])
    assert all(np.all(np.isfinite(g)) for g in gradients)


def test_a_mistake_is_our_error():
    inputs = keras.Input((4,))
    plain = keras.Model(inputs, keras.layers.ReLU()(inputs))
    with pytest.raises(InputError, match="must have Dense or Conv2D"):
        lib.variational(plain)
    with pytest.raises(InputError, match="kl_weight must be"):
        lib.variational(network(), kl_weight=-1.0)
