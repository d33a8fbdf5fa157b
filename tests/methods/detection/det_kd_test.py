import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection


def network(neck, **arguments):
    return detection.model(filters=(2, 3, 4), neck=neck, **arguments)


def build(student=None, **arguments):
    return methods.get("det_kd").build(
        teacher=network(4), student=student or network(3), **arguments
    )


def losses(**arguments):
    return {loss.name: loss for loss in build(**arguments).distillation_losses}


def test_absent_classes_weigh_half_as_much_again():
    # One class of one region is p = 1/2 and q = 1/4, all others agree:
    # [1/2 ln 2 + 1.5 * 1/2 ln(2/3)] / 128 regions.
    t = np.zeros((1, 128, 14), "float32")
    s = np.zeros((1, 128, 14), "float32")
    s[0, 5, 7] = np.log(1 / 3)
    found = losses()["scores"]({"outputs": t}, {"outputs": s})
    expected = (0.5 * np.log(2) + 0.75 * np.log(2 / 3)) / 128
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_boxes_count_until_they_beat_the_teachers():
    # The object is anchor 0 of position (1, 1): 2 to 10 pixels.
    labels = np.float32([[[2, 2, 10, 10, 3]]])
    anchor = 2 * (8 * 1 + 1)
    t = np.zeros((1, 128, 14), "float32")
    s = np.zeros((1, 128, 14), "float32")
    t[0, anchor, 0], s[0, anchor, :2] = 1.0, (1.0, 2.0)
    bounded = losses()["boxes"]
    found = bounded({"outputs": t}, {"outputs": s}, labels=labels)
    np.testing.assert_allclose(found, 1.0 + 4.0, rtol=1e-5)
    found = bounded({"outputs": s}, {"outputs": t}, labels=labels)
    np.testing.assert_array_equal(found, [0.0])


def test_the_hint_is_adapted_even_where_shapes_agree():
    (_, _, hint) = build(student=network(4)).distillation_losses
    kernel, bias = (np.array(w) for w in hint.student_transform.weights)
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 1, 8, 8, 4)).astype("float32")
    expected = np.mean((t - s @ kernel - bias) ** 2)
    found = hint({"fpn": t}, {"fpn": s})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"margin": -1.0}, "margin >= 0"),
        ({"background_weight": -1.0}, "finite weights >= 0"),
        ({"anchor_sizes": ((8, 8),)}, "anchor_sizes of the detectors"),
        ({"stride": 8}, "anchor_sizes of the detectors"),
        ({"soft_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student": network(3, num_classes=4)}, "det_kd needs two detectors"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
