import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import PseudoBoxes

RANDOM = np.random.default_rng(0)
# Three anchors, two classes: one is sure of the second class, one of both and
# more so of the first, one of none.
SCORES = [[-3.0, 2.0], [4.0, 1.0], [-1.0, -0.5]]


def detections(scores, boxes=None):
    scores = np.float32([scores])
    if boxes is None:
        boxes = np.zeros((1, scores.shape[1], 4))
    return np.concatenate([np.float32(boxes), scores], axis=-1)


def run(teacher, student, **arguments):
    loss = PseudoBoxes(**arguments)
    return loss({"outputs": teacher}, {"outputs": student})


def test_an_anchor_is_of_the_class_that_the_teacher_is_surest_of():
    found = PseudoBoxes().targets(np.float32([SCORES]))
    np.testing.assert_array_equal(found, [[[0, 1], [1, 0], [0, 0]]])
    found = PseudoBoxes(threshold=0.9).targets(np.float32([SCORES]))
    # sigmoid(2) = 0.88 is below.
    np.testing.assert_array_equal(found, [[[0, 0], [1, 0], [0, 0]]])


def test_classes_and_boxes_by_hand():
    # Scores of 0 cost ln 2 each: 6 ln 2. Offsets of 0.5 and 3 where there is
    # an object: 0.5^2 / 2 and 3 - 1/2; the third anchor's do not count.
    # P = 2.
    theirs = np.zeros((1, 3, 4))
    own = theirs.copy()
    own[0, 0, 1], own[0, 1, 2], own[0, 2, 0] = 0.5, 3.0, 9.0
    found = run(
        detections(SCORES, theirs),
        detections(np.zeros((3, 2)), own),
        box_weight=2.0,
    )
    expected = (6 * np.log(2) + 2 * (0.125 + 2.5)) / 2
    np.testing.assert_allclose(found, [expected], rtol=1e-6)


def test_where_nothing_is_found_all_is_background():
    teacher = detections([[-5.0, -5.0]])
    own = detections([[1.0, -2.0]], RANDOM.normal(size=(1, 1, 4)))
    expected = np.log1p(np.exp(1.0)) + np.log1p(np.exp(-2.0))
    np.testing.assert_allclose(run(teacher, own), [expected], rtol=1e-6)


def test_the_gradient_is_that_of_finite_differences():
    teacher = detections(SCORES, RANDOM.normal(size=(1, 3, 4)))
    loss = PseudoBoxes(dtype="float64")
    target = {"outputs": teacher.astype("float64")}
    assert_gradient(
        lambda x: loss(target, {"outputs": x}), RANDOM.normal(size=(1, 3, 6))
    )


@pytest.mark.parametrize("scale", [1e4, 1e-8, 0.0])
def test_it_is_finite_where_float32_comes_to_its_ends(scale):
    theirs, own = scale * RANDOM.normal(size=(2, 2, 5, 7)).astype("float32")
    assert np.all(np.isfinite(run(theirs, own)))


def test_wrong_arguments_are_our_errors():
    with pytest.raises(InputError, match="threshold in"):
        PseudoBoxes(threshold=1.0)
    with pytest.raises(InputError, match="box_weight >= 0"):
        PseudoBoxes(box_weight=-1.0)
    for theirs, own in (((2, 3, 6), (2, 4, 6)), ((2, 6), (2, 6))):
        with pytest.raises(InputError, match="the same anchors and classes"):
            PseudoBoxes().setup(
                {"outputs": keras.KerasTensor(theirs)},
                {"outputs": keras.KerasTensor(own)},
            )
