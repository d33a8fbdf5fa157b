import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection


def network(neck, **arguments):
    return detection.model(filters=(2, 3, 4), neck=neck, **arguments)


def build(student=None, **arguments):
    return methods.get("ssad").build(
        teacher=network(4), student=student or network(3), **arguments
    )


def losses(**arguments):
    return {loss.name: loss for loss in build(**arguments).distillation_losses}


def scores(*logits):
    """All classes absent, but for one of the first regions."""
    answers = np.full((1, 128, 14), -40.0, "float32")
    answers[..., :4] = 0.0
    answers[0, : len(logits), 4] = logits
    return answers


def test_hard_scores_count_more():
    # Region 0: p = 1/2, q = 1/4. K = 0.143841, H = 0.693147,
    # (1 - exp(-0.836988))^2 = 0.566987^2 = 0.321474.
    # Region 1: p = q = 1/2: K = 0. Sum of p^1.8: 2 * 0.287175 < 1.
    t, s = scores(0.0, 0.0), scores(np.log(1 / 3), 0.0)
    found = losses()["scores"]({"outputs": t}, {"outputs": s})
    np.testing.assert_allclose(found, 0.321474 * 0.143841, rtol=1e-4)


def test_objects_that_the_teacher_sees_share_the_loss():
    # Three regions of p = sigmoid(4), to the power 1.8 each: 2.9041.
    t, s = scores(4.0, 4.0, 4.0), scores(-4.0, 4.0, 4.0)
    found = losses()["scores"]({"outputs": t}, {"outputs": s})
    p = 1 / (1 + np.exp(-4.0))
    # q = 1 - p: log(p / q) = 4.
    k = p * 4 - (1 - p) * 4
    h = -p * np.log(p) - (1 - p) * np.log(1 - p)
    factor = (1 - np.exp(-k - h)) ** 2
    np.testing.assert_allclose(found, factor * k / (3 * p**1.8), rtol=1e-4)


def test_boxes_of_sure_regions_count_in_images_without_labels():
    t, s = scores(4.0, -4.0), scores(4.0, 4.0)
    s[0, 0, 0] = 3.0  # (3 - 1/2) / 4.
    s[0, 1, 0] = 9.0  # The teacher is not sure.
    boxes = losses()["boxes"]
    taps = {"outputs": t}, {"outputs": s}
    found = boxes(*taps, labels=detection.unlabelled(1))
    np.testing.assert_allclose(found, [0.625], rtol=1e-6)
    known = np.float32([[[0, 0, 8, 8, 1]]])
    np.testing.assert_array_equal(boxes(*taps, labels=known), [0.0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"focus": 0.5}, "focus of 0 or at least 1"),
        ({"power": 0.0}, "power > 0"),
        ({"threshold": 1.0}, r"threshold in \[0, 1\)"),
        ({"box_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student": network(3, num_classes=4)}, "ssad needs two detectors"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
