import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection

RANDOM = np.random.default_rng(0)


def network(neck, **arguments):
    return detection.model(filters=(2, 3, 4), neck=neck, **arguments)


def build(student=None, **arguments):
    return methods.get("pedestrian_hkd").build(
        teacher=network(4), student=student or network(3), **arguments
    )


def losses(**arguments):
    return {loss.name: loss for loss in build(**arguments).distillation_losses}


def test_every_level_of_the_pyramid_is_a_hint():
    found = losses()
    levels = ("stage1", "stage2", "stage3", "fpn")
    pyramid = [f"pyramid_{level}" for level in levels]
    assert list(found) == [*pyramid, "regions", "scores"]
    hint = found["pyramid_fpn"]
    kernel, bias = (np.array(w) for w in hint.student_transform.weights)
    t = RANDOM.normal(size=(2, 8, 8, 4)).astype("float32")
    s = RANDOM.normal(size=(2, 8, 8, 3)).astype("float32")
    expected = np.mean((t - s @ kernel - bias) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(
        hint({"fpn": t}, {"fpn": s}), expected, rtol=1e-5
    )


def test_regions_are_read_in_the_boxes_of_objects():
    regions = losses(bins=1)["regions"]
    kernel, bias = (np.array(w) for w in regions.regressor.weights)
    t = RANDOM.normal(size=(1, 8, 8, 4)).astype("float32")
    s = RANDOM.normal(size=(1, 8, 8, 3)).astype("float32")
    # Cells are 4 pixels wide: the centre (6, 14) is that of cell (1, 3).
    labels = np.float32([[[2, 10, 10, 18, 1], [0, 0, 32, 32, -1]]])
    gap = t[0, 1, 3] - s[0, 1, 3] @ kernel - bias
    found = regions({"fpn": t}, {"fpn": s}, labels=labels)
    np.testing.assert_allclose(found, np.mean(gap**2), rtol=1e-4)


def test_scores_of_every_class_are_a_yes_or_no():
    # One of 10 classes of one of 128 regions: p = 1/2 and q = 1/4.
    t = np.zeros((1, 128, 14), "float32")
    s = np.zeros((1, 128, 14), "float32")
    s[0, 5, 7] = np.log(1 / 3)
    found = losses()["scores"]({"outputs": t}, {"outputs": s})
    expected = 0.5 * (np.log(2) + np.log(2 / 3)) / 1280
    np.testing.assert_allclose(found, expected, rtol=1e-4)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"bins": 0}, "bins must be"),
        ({"region_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student": network(3, num_classes=4)}, "needs two detectors"),
        ({"student_tap": "outputs"}, "needs maps"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
