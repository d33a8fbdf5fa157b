import keras
import numpy as np
import pytest

from tests.parity.adapters.helpers import evaluate
from tfkd import transforms
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import Mixture
from tfkd.losses import TaskLoss

TEACHER = {"t": np.zeros((1, 2), "float32")}
# Mean squares 1 and 4 against zero.
STUDENT = {
    "a": np.ones((1, 2), "float32"),
    "b": 2 * np.ones((1, 2), "float32"),
}


def parts(weight=1.0):
    return [
        FeatureMatch(teacher_tap="t", student_tap=tap, name=tap, weight=weight)
        for tap in "ab"
    ]


def test_is_the_weighted_sum():
    mixture = Mixture(parts=parts(), shares=(3, 1))
    # 3/4 1 + 1/4 4 = 1.75
    np.testing.assert_allclose(evaluate(mixture, TEACHER, STUDENT), 1.75)
    mixture.shares.assign([0.0, 1.0])
    np.testing.assert_allclose(evaluate(mixture, TEACHER, STUDENT), 4.0)
    mixture = Mixture(parts=parts(weight=2.0))
    # Equal shares and the parts' own weights: 2 (1 + 4) / 2 = 5.
    np.testing.assert_allclose(evaluate(mixture, TEACHER, STUDENT), 5.0)


def test_it_relates_examples_where_a_part_does():
    related = FeatureMatch(
        teacher_tap="t",
        student_tap="a",
        teacher_transform=transforms.LogSimilarity(),
        student_transform=transforms.LogSimilarity(),
    )
    assert Mixture(parts=[*parts(), related]).pairwise
    assert not Mixture(parts=parts()).pairwise


def test_the_shares_are_state_and_not_trained():
    mixture = Mixture(parts=parts())
    evaluate(mixture, TEACHER, STUDENT)
    assert mixture.trainable_variables == []
    assert len(mixture.non_trainable_variables) == 1


def test_it_needs_what_its_parts_need():
    assert not Mixture(parts=parts()).needs_labels
    assert Mixture(parts=[TaskLoss(student_tap="a")]).needs_labels


def test_round_trip():
    mixture = Mixture(parts=parts(), shares=(3, 1))
    config = keras.saving.serialize_keras_object(mixture)
    again = keras.saving.deserialize_keras_object(config)
    np.testing.assert_allclose(evaluate(again, TEACHER, STUDENT), 1.75)


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="at least one loss"):
        Mixture(parts=[])
    for shares in ((1.0,), (0.0, 0.0), (-1.0, 2.0), (float("nan"), 1.0)):
        with pytest.raises(InputError, match="non-negative numbers"):
            Mixture(parts=parts(), shares=shares)
