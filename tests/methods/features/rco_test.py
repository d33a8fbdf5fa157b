import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def anchors():
    return [cases.teacher(), cases.teacher(), cases.teacher()]


def build(**arguments):
    arguments.setdefault("teacher", anchors())
    return methods.get("rco").build(student=cases.student(), **arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_the_loss_is_that_of_the_anchor_of_the_step():
    route = anchors()
    distiller = build(
        teacher=route, interval_steps=4, temperature=2.0, weight=0.5
    )
    (loss,) = distiller.distillation_losses
    x, _ = cases.images(8)
    z = np.asarray(distiller.student(x), "float64")
    for step, place in ((0, 0), (4, 1), (8, 2), (99, 2)):
        teacher = distiller.teacher(x, step=step)
        t = softmax(np.asarray(route[place](x), "float64") / 2)
        expected = 4 * np.sum(t * np.log(t / softmax(z / 2)), axis=1)
        found = loss(teacher, {"logits": z.astype("float32")}, step=step)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)
    assert float(loss.weight(0)) == 0.5


def test_a_hint_is_the_squared_distance_to_the_anchor_s_tap():
    distiller = build(hint_weight=2.0)
    hint = distiller.distillation_losses[1]
    random = np.random.default_rng(0)
    t = random.normal(size=(2, 2, 2, 12)).astype("float32")
    s = random.normal(size=(2, 2, 2, 8)).astype("float32")
    kernel, bias = hint.student_transform.get_weights()
    expected = np.mean((t - (s @ kernel + bias)) ** 2, axis=(1, 2, 3))
    np.testing.assert_allclose(
        hint({"stage3": t}, {"stage3": s}), expected, rtol=1e-5
    )


def test_one_model_is_a_route_of_one_anchor():
    assert len(build(teacher=cases.teacher()).teacher.members) == 1


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": []}, "at least one anchor"),
        ({"interval_steps": 0}, "interval_steps must be"),
        ({"student_tap": "stage1"}, "belong to its hint"),
        ({"temperature": 0.0}, "temperature must be a finite number >"),
        ({"hint_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"teacher": [cases.cnn((6, 8, 12), classes=7)]}, "same classes"),
    ],
)
def test_rejects_arguments(wrong, message):
    if wrong.get("teacher") == []:
        with pytest.raises(InputError, match=message):
            methods.get("rco").build(teacher=[], student=cases.student())
        return
    with pytest.raises(InputError, match=message):
        build(**wrong)
