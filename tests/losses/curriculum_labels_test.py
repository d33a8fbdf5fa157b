import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import CurriculumLabels

SETS = ((0, 1), (2, 1))
# The experts' probabilities: (1/4, 3/4) of 0, 1 and (4/5, 1/5) of 2, 1.
TAPS = {
    "0/logits": np.log(np.float32([[0.25, 0.75]])),
    "1/logits": np.log(np.float32([[0.8, 0.2]])),
}
STUDENT = np.log(np.float32([[0.2, 0.3, 0.5]]))


def value(label, step=0, sets=SETS, student=STUDENT, **arguments):
    loss = CurriculumLabels(
        teacher_taps=list(TAPS), label_sets=sets, steps=10, **arguments
    )
    labels = np.array([label])
    return loss(TAPS, {"logits": student}, labels=labels, step=step)


def test_labels_count_as_their_expert_gives_them():
    np.testing.assert_allclose(value(0), [-0.25 * np.log(0.2)], rtol=1e-6)
    np.testing.assert_allclose(value(2), [-0.8 * np.log(0.5)], rtol=1e-6)
    # Both experts know class 1: (3/4 + 1/5) / 2.
    np.testing.assert_allclose(value(1), [-0.475 * np.log(0.3)], rtol=1e-6)


def test_later_all_count_fully():
    # Half of the way: 1/4 + 3/4 * 1/2.
    found = value(0, step=5)
    np.testing.assert_allclose(found, [-0.625 * np.log(0.2)], rtol=1e-6)
    for step in (10, 99):
        found = value(0, step=step)
        np.testing.assert_allclose(found, [-np.log(0.2)], rtol=1e-6)


def test_no_label_counts_nothing_and_an_unknown_class_fully():
    np.testing.assert_array_equal(value(-1), [0.0])
    found = value(2, sets=((0, 1), (0, 1)))
    np.testing.assert_allclose(found, [-np.log(0.5)], rtol=1e-6)


def test_dense_maps_are_averaged():
    taps = {name: np.stack([x, x], axis=1) for name, x in TAPS.items()}
    loss = CurriculumLabels(teacher_taps=list(TAPS), label_sets=SETS, steps=10)
    own = {"logits": np.stack([STUDENT, STUDENT], axis=1)}
    found = loss(taps, own, labels=np.array([[0, -1]]), step=0)
    np.testing.assert_allclose(found, [-0.25 * np.log(0.2) / 2], rtol=1e-6)


def test_gradient():
    taps = {name: x.astype("float64") for name, x in TAPS.items()}
    loss = CurriculumLabels(
        teacher_taps=list(TAPS), label_sets=SETS, steps=10, dtype="float64"
    )
    assert_gradient(
        lambda z: loss(taps, {"logits": z}, labels=np.array([0]), step=3),
        STUDENT,
    )


def test_extreme_logits_are_finite():
    found = value(0, student=np.float32([[-1e4, 1e4, 0]]))
    np.testing.assert_allclose(found, [0.25 * 2e4], rtol=1e-6)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="one label set for each"):
        value(0, sets=((0, 1),))
    loss = CurriculumLabels(teacher_taps=["z"], label_sets=[[0]], steps=1)
    with pytest.raises(InputError, match="needs labels"):
        loss({"z": STUDENT}, {"logits": STUDENT})
