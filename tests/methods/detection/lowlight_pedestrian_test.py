import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection


def network(neck, channels=1, **arguments):
    return detection.model(
        input_shape=(32, 32, channels),
        filters=(2, 3, 4),
        neck=neck,
        **arguments,
    )


def build(student=None, **arguments):
    return methods.get("lowlight_pedestrian").build(
        teacher=network(4, channels=2),
        student=student or network(3),
        **arguments,
    )


def losses(**arguments):
    return {loss.name: loss for loss in build(**arguments).distillation_losses}


def test_maps_of_both_sensors_are_hints():
    found = losses()
    levels = ("stage1", "stage2", "stage3", "fpn")
    hints = [f"hint_{level}" for level in levels]
    assert list(found) == [*hints, "scores", "boxes"]
    hint = found["hint_fpn"]
    kernel, bias = (np.array(w) for w in hint.student_transform.weights)
    random = np.random.default_rng(0)
    t = random.normal(size=(2, 8, 8, 4)).astype("float32")
    s = random.normal(size=(2, 8, 8, 3)).astype("float32")
    expected = np.mean((t - s @ kernel - bias) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(
        hint({"fpn": t}, {"fpn": s}), expected, rtol=1e-5
    )


def test_answers_are_scores_everywhere_and_boxes_where_the_teacher_is_sure():
    found = losses()
    t = np.full((1, 128, 14), -40.0, "float32")
    t[..., :4] = 0.0
    s = t.copy()
    t[0, 5, 7], s[0, 5, 7] = 0.0, np.log(1 / 3)
    s[0, 5, 0] = 3.0  # (3 - 1/2) / 4, of the one region with p >= 1/2.
    s[0, 6, 0] = 9.0
    taps = {"outputs": t}, {"outputs": s}
    # p = 1/2, q = 1/4 in one of 128 regions and 10 classes.
    expected = 0.5 * (np.log(2) + np.log(2 / 3)) / 1280
    np.testing.assert_allclose(found["scores"](*taps), expected, rtol=1e-4)
    np.testing.assert_allclose(found["boxes"](*taps), 0.625, rtol=1e-6)


def test_the_teacher_sees_what_the_student_does_not():
    model = build()
    model.compile("sgd", detection.loss(), jit_compile=False)
    images, boxes = detection.data(4)
    pair = np.concatenate([images / 8, images], axis=-1)
    x = {"student": images / 8, "teacher": pair}
    logs = model.fit(x, boxes, batch_size=4, verbose=0).history
    assert logs["hint_fpn"][0] > 0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"threshold": 1.0}, r"threshold in \[0, 1\)"),
        ({"soft_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student": network(3, num_classes=4)}, "needs two detectors"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
