import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.schedules import Constant
from tfkd.tasks import segmentation


def network():
    return segmentation.model(
        input_shape=(4, 4, 1), num_classes=3, filters=(2, 3)
    )


def build(**arguments):
    arguments = {"teacher": None, "student": network(), **arguments}
    return methods.get("sean").build(**arguments)


def softmax(z):
    e = np.exp(z)
    return e / e.sum(axis=-1, keepdims=True)


def test_consistency_is_the_equation_in_the_target():
    random = np.random.default_rng(0)
    t, s = random.normal(size=(2, 3, 4, 4, 3))
    # Stage 1 has the size of the logits.
    features = random.normal(size=(3, 4, 4, 2))
    y = np.zeros((3, 4, 4), int)
    y[1:] = -1
    energy = np.mean(features**2, axis=-1)
    weight = energy / energy.mean((1, 2), keepdims=True)
    square = np.mean((softmax(t) - softmax(s)) ** 2, axis=-1)
    expected = 5 * np.mean((weight * square)[1:])
    (loss,) = build(
        attention_tap="stage1", weight=Constant(5.0)
    ).distillation_losses
    found = loss(
        {"logits": np.float32(t), "stage1": np.float32(features)},
        {"logits": np.float32(s)},
        labels=y,
    )
    np.testing.assert_allclose(
        float(loss.weight(0)) * np.mean(found), expected, rtol=1e-5
    )


def test_the_weight_ramps_up_and_the_average_teaches():
    model = build(weight=8.0, ramp_steps=10)
    (loss,) = model.distillation_losses
    found = [float(loss.weight(step)) for step in (0, 10, 99)]
    np.testing.assert_allclose(found, [8 * np.exp(-5), 8, 8], rtol=1e-5)
    assert model.teacher.follows_student
    assert loss.teacher_taps == ("logits", "stage2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"teacher": network()}, "needs no teacher"),
        ({"student": cases.student()}, "dense logits"),
        ({"attention_tap": "no_such"}, "no_such"),
        ({"ramp_steps": 0}, "ramp_steps of sean"),
        ({"decay": 1.0}, "decay must be"),
        ({"stddev": -1.0}, "stddev"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, message):
    with pytest.raises(InputError, match=message):
        build(**arguments)
