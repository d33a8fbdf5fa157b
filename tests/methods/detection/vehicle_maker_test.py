import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(filters, classes=3):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    arguments = {
        "teacher": network((3, 4)),
        "student": network((2, 5)),
        **arguments,
    }
    return methods.get("vehicle_maker").build(**arguments)


def attention(x):
    q = np.sum(x**2, axis=-1).reshape(len(x), -1)
    return q / np.linalg.norm(q, axis=1, keepdims=True)


def test_attention_of_every_stage_and_soft_targets():
    soft, *maps = build().distillation_losses
    assert soft.name == "soft_targets"
    assert [loss.student_taps[0] for loss in maps] == ["stage1", "stage2"]
    random = np.random.default_rng(0)
    for loss, size in zip(maps, (8, 4)):
        t = random.normal(size=(2, size, size, 4)).astype("float32")
        s = random.normal(size=(2, size, size, 3)).astype("float32")
        (tap,) = loss.student_taps
        found = loss({tap: t}, {tap: s})
        expected = np.mean((attention(t) - attention(s)) ** 2, axis=1)
        np.testing.assert_allclose(found, expected, rtol=1e-4)
        assert float(loss.weight(0)) == 1000.0


def test_the_background_does_not_reach_the_teacher():
    model = build(task_weight=0.0)
    model.compile("sgd")
    x = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")
    masks = np.zeros_like(x)
    masks[:, 2:6, 2:6] = 1
    other = np.where(masks > 0, x, 1 - x)

    def attended(images):
        taps = model.teacher(images * masks, student=None, step=0)
        return np.asarray(taps["stage2"])

    np.testing.assert_array_equal(attended(x), attended(other))
    logs = model.fit({"student": x, "teacher": x * masks}, verbose=0).history
    assert logs["attention_stage2"][0] > 0


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"pairs": (("stage1", "no_such"),)}, "no_such"),
        ({"pairs": (("embedding", "embedding"),)}, "embedding"),
        ({"student": network((2, 5), classes=4)}, "the same classes"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"soft_weight": -1.0}, "weight must be"),
        ({"attention_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
