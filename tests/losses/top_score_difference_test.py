import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import TopScoreDifference


def values(loss, logits):
    student = {"logits": keras.KerasTensor((None, *logits.shape[1:]))}
    loss.setup({}, student)
    return loss({}, {"logits": logits})


def test_is_the_gap_to_the_mean_of_the_next():
    # Probabilities 0.1, 0.5, 0.15, 0.25: 0.5 - (0.25 + 0.15) / 2 = 0.3.
    logits = np.log([[0.1, 0.5, 0.15, 0.25]]).astype("float32")
    found = values(TopScoreDifference(top=3), logits)
    np.testing.assert_allclose(found, [0.3], rtol=1e-6)


def test_dense_maps_are_averaged():
    # Gaps of 0.6 - 0.4 and of 0.9 - 0.1.
    logits = np.log([[[0.6, 0.4], [0.9, 0.1]]]).astype("float32")
    found = values(TopScoreDifference(top=2), logits)
    np.testing.assert_allclose(found, [0.5], rtol=1e-6)


def test_is_zero_where_the_top_classes_are_level():
    logits = np.array([[2.0, 2.0, -1e4]], "float32")
    found = values(TopScoreDifference(top=2), logits)
    np.testing.assert_array_equal(found, [0.0])


def test_a_sure_network_costs_one():
    logits = np.array([[1e4, 0.0, -1e4]], "float32")
    found = values(TopScoreDifference(top=3), logits)
    np.testing.assert_allclose(found, [1.0], rtol=1e-6)


def test_gradient_agrees_with_finite_differences():
    logits = np.random.default_rng(0).normal(size=(3, 5))
    loss = TopScoreDifference(top=3, dtype="float64")
    assert_gradient(lambda z: loss({}, {"logits": z}), logits)


def test_config_round_trip():
    loss = TopScoreDifference(top=4, student_tap="exit", weight=0.5)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize("top", [1, 2.5])
def test_fewer_than_two_scores_are_our_error(top):
    with pytest.raises(InputError, match="top must be a whole number >= 2"):
        TopScoreDifference(top=top)


def test_more_scores_than_classes_are_our_error():
    with pytest.raises(InputError, match="at most the number of classes, 3"):
        values(TopScoreDifference(top=4), np.zeros((1, 3), "float32"))
