import keras
import numpy as np
import pytest
from sklearn import svm

from tfkd import models
from tfkd.errors import InputError
from tfkd.methods.embedding_svm import EmbeddingSVM


def network():
    return models.build("mlp", input_shape=(2,), num_classes=2, units=(8,))


def test_it_classifies_embeddings_and_leaves_the_network_alone():
    keras.utils.set_random_seed(0)
    x = np.random.default_rng(0).normal(size=(40, 2)).astype("float32")
    y = (np.linalg.norm(x, axis=1) > 1).astype("int32")
    model = network()
    before = model.get_weights()
    found = EmbeddingSVM(model).fit(x, np.where(np.arange(40) < 5, -1, y))
    assert all(map(np.array_equal, before, model.get_weights()))
    features = keras.Model(model.input, model.get_layer("embedding").output)
    features = np.asarray(features(x))
    expected = svm.SVC().fit(features[5:], y[5:]).predict(features)
    np.testing.assert_array_equal(found.predict(x), expected)
    assert np.mean(found.predict(x) == y) > 0.8


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no_such"):
        EmbeddingSVM(network(), tap="no_such")
