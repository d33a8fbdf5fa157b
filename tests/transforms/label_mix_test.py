import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import LabelMix


def test_is_the_convex_combination():
    # 0.25 (0, 1, 0) + 0.75 (1/2, 1/4, 1/4), and the prediction alone.
    logits = np.log([[0.5, 0.25, 0.25]] * 2).astype("float32")
    labels = np.array([[0, 1, 0], [0, 0, 0]], "float32")
    found = np.exp(LabelMix(0.25)(logits, labels))
    expected = [[0.375, 0.4375, 0.1875], [0.5, 0.25, 0.25]]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_soft_labels_are_mixed_too():
    logits = np.zeros((1, 2), "float32")
    found = np.exp(LabelMix(0.5)(logits, np.array([[0.75, 0.25]], "float32")))
    np.testing.assert_allclose(found, [[0.625, 0.375]], rtol=1e-6)


def test_sure_predictions_stay_finite():
    logits = np.array([[1e4, -1e4]], "float32")
    found = LabelMix(0.5)(logits, np.array([[0, 1]], "float32"))
    np.testing.assert_allclose(np.exp(found), [[0.5, 0.5]], rtol=1e-6)


def test_a_share_of_zero_is_the_prediction():
    logits = np.array([[1.0, 2.0]], "float32")
    found = np.exp(LabelMix(0.0)(logits, np.array([[1, 0]], "float32")))
    np.testing.assert_allclose(found.sum(), 1.0, rtol=1e-6)
    np.testing.assert_allclose(found[0, 1] / found[0, 0], np.e, rtol=1e-6)


def test_config_round_trip():
    config = keras.saving.serialize_keras_object(LabelMix(0.3))
    assert keras.saving.deserialize_keras_object(config).share == 0.3


@pytest.mark.parametrize("share", [1.0, -0.1, float("nan")])
def test_a_share_out_of_range_is_our_error(share):
    with pytest.raises(InputError, match="label's share"):
        LabelMix(share)
