import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.models.grown_detector import grow_detector
from tfkd.tasks import detection

X = np.random.default_rng(0).uniform(0, 16, (2, 32, 32, 1)).astype("float32")


def network():
    keras.utils.set_random_seed(0)
    model = detection.model(num_classes=3, filters=(2, 3, 4), neck=4)
    for weight in model.trainable_variables:
        weight.assign(np.random.default_rng(1).normal(0, 0.3, weight.shape))
    return model


def test_keeps_boxes_and_old_scores_and_shares_no_weight():
    old = network()
    grown = grow_detector(old, 2)
    before = old.predict(X, verbose=0)
    found = grown.predict(X, verbose=0)
    assert found.shape == (2, 128, 4 + 5)
    np.testing.assert_allclose(found[..., :7], before, rtol=1e-4, atol=1e-5)
    for weight in grown.trainable_variables:
        weight.assign(weight + 1.0)
    np.testing.assert_array_equal(old.predict(X, verbose=0), before)


def test_new_classes_start_as_rare_as_all_did():
    grown = grow_detector(network(), 2, name="grown")
    assert grown.name == "grown"
    bias = grown.get_layer("scores").bias.numpy().reshape(2, 5)
    np.testing.assert_allclose(bias[:, 3:], -np.log(99.0), rtol=1e-6)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="new_classes must be"):
        grow_detector(network(), 0)
    with pytest.raises(InputError, match="A detector grows that has"):
        grow_detector(network(), 1, scores="classes")
