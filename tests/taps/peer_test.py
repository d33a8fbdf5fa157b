import keras
import numpy as np
import pytest

from tfkd import models
from tfkd import taps
from tfkd.errors import InputError

X = np.random.default_rng(0).normal(size=(3, 5)).astype("float32")


def mlp(**arguments):
    return models.build("mlp", input_shape=(5,), num_classes=2, **arguments)


def test_a_peer_may_have_the_students_layer_names():
    student, peer = mlp(), mlp()
    network = taps.with_peers(student, [peer])
    found = network(X)
    np.testing.assert_array_equal(found["outputs"], student(X))
    np.testing.assert_array_equal(found["logits"], student(X))
    np.testing.assert_array_equal(found["peer1"], peer(X))
    ids = {id(v) for v in network.trainable_variables}
    both = student.trainable_variables + peer.trainable_variables
    assert ids == {id(v) for v in both}


def test_several_taps_come_from_one_pass():
    keras.utils.set_random_seed(0)
    peer = mlp(dropout=0.5)
    layer = taps.Peer(peer, tap=("logits", "embedding"))
    logits, embedding = layer(X, training=True)
    # Those of another pass would be those of other units dropped.
    assert embedding.shape == (3, peer.get_layer("embedding").output.shape[1])
    logits, embedding = layer(X)
    np.testing.assert_allclose(
        peer.get_layer("logits")(embedding), logits, rtol=1e-6
    )
    copy = taps.Peer.from_config(layer.get_config())
    assert copy.tap == ("logits", "embedding")


def test_it_returns_logits_of_a_model_that_ends_in_softmax():
    inputs = keras.Input((5,))
    z = keras.layers.Dense(2)(inputs)
    model = keras.Model(inputs, keras.layers.Softmax()(z))
    peer = taps.Peer(model)
    np.testing.assert_allclose(peer(X), model.layers[1](X), rtol=1e-6)


def test_a_network_with_peers_can_be_cloned_and_serialized():
    network = taps.with_peers(mlp(), [mlp(dropout=0.5)])
    config = keras.saving.serialize_keras_object(network)
    for copy in (
        keras.models.clone_model(network),
        keras.saving.deserialize_keras_object(config),
    ):
        copy.set_weights(network.get_weights())
        np.testing.assert_array_equal(copy(X)["peer1"], network(X)["peer1"])


def test_training_mode_reaches_the_model():
    keras.utils.set_random_seed(0)
    peer = taps.Peer(mlp(dropout=0.5))
    assert not np.array_equal(peer(X, training=True), peer(X))


def test_an_unknown_tap_is_an_error():
    with pytest.raises(InputError, match="no_such"):
        taps.Peer(mlp(), tap="no_such")
