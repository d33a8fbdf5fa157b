import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import heads

LOG3 = np.log(3.0)


def snapshots():
    first = cases.cnn((3, 4, 5), classes=2)
    second = heads.grow(first, 2, bias_correction=False)
    return [first, second], heads.grow(second, 1, bias_correction=False)


def build(**arguments):
    teachers, student = snapshots()
    arguments = {"teacher": teachers, "student": student, **arguments}
    return methods.get("m2kd").build(**arguments)


def test_a_group_is_taught_by_the_snapshot_that_learned_it():
    losses = {loss.name: loss for loss in build().distillation_losses}
    assert losses["group_0"].classes == [0, 1]
    assert losses["group_0"].teacher_taps == ("0/logits",)
    assert losses["group_1"].classes == [2, 3]
    # T = 2 softens 2 ln 3 to (3/4, 1/4); the student is uniform there.
    taps = {
        "0/logits": np.float32([[2 * LOG3, 0]]),
        "1/logits": np.float32([[7, -7, 2 * LOG3, 0]]),
    }
    student = {"logits": np.float32([[1, 1, 3, 3, 9]])}
    kl = 3 / 4 * np.log(3 / 2) + 1 / 4 * np.log(1 / 2)
    for name in ("group_0", "group_1"):
        found = losses[name](taps, student)
        np.testing.assert_allclose(found, [4 * kl], rtol=1e-5)


def test_features_in_the_middle_keep_their_mean():
    losses = {loss.name: loss for loss in build().distillation_losses}
    auxiliary = losses["auxiliary_1"]
    assert auxiliary.teacher_taps == ("1/stage2",)
    # Means 2 and 5 of two examples: 3^2 for each of four positions.
    theirs = np.float32([[1], [3]]).reshape(2, 1, 1, 1) * np.ones((1, 2, 2, 1))
    own = np.float32([[4], [6]]).reshape(2, 1, 1, 1) * np.ones((1, 2, 2, 1))
    found = auxiliary({"1/stage2": theirs}, {"stage2": own})
    np.testing.assert_allclose(found, [36.0, 36.0], rtol=1e-6)


def test_mistakes_are_our_errors():
    (first, second), student = snapshots()
    with pytest.raises(InputError, match="more than the one before"):
        build(teacher=[second, first])
    with pytest.raises(InputError, match="still more"):
        build(student=second)
    with pytest.raises(InputError, match="no_such"):
        build(feature_tap="no_such")
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
