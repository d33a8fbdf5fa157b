import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import cases
from tfkd.errors import InputError
from tfkd.teachers import FrozenLayer

X, _ = cases.images(2)


def test_returns_taps_without_weights_or_gradients():
    model = cases.teacher()
    layer = FrozenLayer(model, ["stage1", "logits"])
    x = tf.constant(X)
    with tf.GradientTape() as tape:
        tape.watch(x)
        features, logits = layer(x)
    np.testing.assert_allclose(logits, model(X), rtol=1e-5)
    assert features.shape[-1] == 6
    assert tape.gradient(logits, x) is None
    assert not layer.weights


def test_a_gradient_passes_where_it_is_asked_for():
    model = cases.teacher()
    layer = FrozenLayer(model, ["logits"], differentiable=True)
    x = tf.constant(X)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        (found,) = layer(x)
        expected = model(x, training=False)
    np.testing.assert_allclose(
        tape.gradient(found, x), tape.gradient(expected, x), rtol=1e-4
    )
    assert not layer.weights


def test_a_network_around_it_counts_no_teacher():
    inputs = keras.Input(cases.SHAPE)
    (logits,) = FrozenLayer(cases.teacher(), ["logits"])(inputs)
    network = keras.Model(inputs, keras.layers.Dense(2)(logits))
    assert network.count_params() == 4 * 2 + 2


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no_such"):
        FrozenLayer(cases.teacher(), ["no_such"])
