import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import ConfidentTargets

# Confidences 3/4, 1/2, 3/4; the last has a label.
LOGITS = np.log([[3.0, 1.0], [1.0, 1.0], [1.0, 3.0]]).astype("float32")
LABELS = np.array([[0, 0], [0, 0], [1, 0]], "float32")


@pytest.mark.parametrize(
    ("threshold", "unlabelled_only", "expected"),
    [
        (0.6, False, [1, 0, 1]),
        (0.6, True, [1, 0, 0]),
        (0.0, False, [1, 1, 1]),
        (0.8, False, [0, 0, 0]),
    ],
)
def test_sure_targets_count(threshold, unlabelled_only, expected):
    found = ConfidentTargets(threshold, unlabelled_only)(LOGITS, LABELS)
    np.testing.assert_array_equal(found, expected)


def test_maps_are_selected_by_position():
    found = ConfidentTargets(0.6)(LOGITS[None], LABELS[None])
    np.testing.assert_array_equal(found, [[1, 0, 1]])


def test_config_round_trip():
    config = keras.saving.serialize_keras_object(ConfidentTargets(0.4, True))
    copy = keras.saving.deserialize_keras_object(config)
    assert (copy.threshold, copy.unlabelled_only) == (0.4, True)


@pytest.mark.parametrize("threshold", [1.0, -0.1, float("nan")])
def test_a_threshold_out_of_range_is_our_error(threshold):
    with pytest.raises(InputError, match="confidence that a target needs"):
        ConfidentTargets(threshold)
