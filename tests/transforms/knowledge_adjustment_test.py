import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import KnowledgeAdjustment

# Right, wrong, and without a label.
Q = [[0.5, 0.25, 0.25], [0.625, 0.25, 0.125], [0.625, 0.25, 0.125]]
LOGITS = np.log(Q).astype("float32")
LABELS = np.array([[1, 0, 0], [0, 0, 1], [0, 0, 0]], "float32")


@pytest.mark.parametrize(
    ("repair", "expected"),
    [
        # Classes 0 and 2 change places.
        ("probability_shift", [0.125, 0.25, 0.625]),
        ("label_smoothing", [0.1, 0.1, 0.8]),
    ],
)
def test_only_wrong_predictions_are_repaired(repair, expected):
    found = np.exp(KnowledgeAdjustment(repair, correct=0.8)(LOGITS, LABELS))
    np.testing.assert_allclose(found[1], expected, rtol=1e-5)
    np.testing.assert_allclose(found[[0, 2]], [Q[0], Q[2]], rtol=1e-6)


def test_a_shift_of_extreme_logits_is_exact():
    logits = np.array([[1e4, 0.0, -1e4]], "float32")
    found = KnowledgeAdjustment()(logits, np.array([[0, 0, 1]], "float32"))
    np.testing.assert_array_equal(found, [[-2e4, -1e4, 0.0]])


def test_dense_maps_are_repaired_at_every_position():
    found = KnowledgeAdjustment()(LOGITS[None, None], LABELS[None, None])
    expected = KnowledgeAdjustment()(LOGITS, LABELS)
    np.testing.assert_array_equal(found[0, 0], expected)


def test_config_round_trip():
    config = keras.saving.serialize_keras_object(
        KnowledgeAdjustment("label_smoothing", correct=0.7)
    )
    copy = keras.saving.deserialize_keras_object(config)
    assert (copy.repair, copy.correct) == ("label_smoothing", 0.7)


def test_bad_arguments_are_our_errors():
    with pytest.raises(InputError, match="Closest: 'probability_shift'"):
        KnowledgeAdjustment("probability_swap")
    with pytest.raises(InputError, match="correct must be"):
        KnowledgeAdjustment(correct=1.0)


def test_the_true_class_must_be_the_likeliest():
    repair = KnowledgeAdjustment("label_smoothing", correct=0.25)
    logits = np.zeros((1, 4), "float32")
    with pytest.raises(InputError, match="above 1 / classes"):
        repair(logits, np.eye(1, 4, dtype="float32"))
    repair(logits[:, :3].repeat(2, 1), np.eye(1, 6, dtype="float32"))
