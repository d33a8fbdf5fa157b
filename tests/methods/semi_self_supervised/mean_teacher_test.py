import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.schedules import Constant


def student(**arguments):
    return models.build(
        "mlp", input_shape=(3,), num_classes=2, units=(4,), **arguments
    )


def build(**arguments):
    arguments.setdefault("teacher", None)
    arguments.setdefault("student", student())
    return methods.get("mean_teacher").build(**arguments)


def compiled(**arguments):
    distiller = build(**arguments)
    distiller.compile(
        keras.optimizers.SGD(0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    return distiller


X = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
Y = np.array([0, 1, 1, 0])


@pytest.mark.parametrize(
    ("consistency", "expected"),
    [
        # (1/4, 3/4) against (1/2, 1/2): (1/16 + 1/16) / 2.
        ("mse", 1 / 16),
        ("kl", 0.25 * np.log(0.5) + 0.75 * np.log(1.5)),
    ],
)
def test_is_the_papers_consistency(consistency, expected):
    (loss,) = build(consistency=consistency).distillation_losses
    teacher = {"logits": np.array([[0.0, np.log(3)]], "float32")}
    student = {"logits": np.zeros((1, 2), "float32")}
    np.testing.assert_allclose(loss(teacher, student), [expected], rtol=1e-6)


def test_the_weight_ramps_up():
    (loss,) = build(ramp_steps=10, weight=8.0).distillation_losses
    found = [float(loss.weight(step)) for step in (0, 5, 10, 20)]
    # exp(-5), exp(-5 / 4), 1, 1.
    expected = 8 * np.exp([-5.0, -1.25, 0.0, 0.0])
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_a_schedule_is_the_weight_itself():
    (loss,) = build(weight=Constant(3.0)).distillation_losses
    assert float(loss.weight(0)) == 3.0


def test_the_teacher_is_the_average_of_the_student():
    distiller = compiled(decay=0.5, ramp_decay=0.5, ramp_steps=1, stddev=0.0)
    kernels = []
    average = np.array(distiller.student.get_weights()[0], "float64")
    for step in range(1, 4):
        distiller.train_on_batch(X, Y)
        kernels.append(distiller.student.get_weights()[0])
        keep = min(1 - 1 / (step + 1), 0.5)
        average = keep * average + (1 - keep) * kernels[-1]
    found = distiller.teacher.copy.get_weights()[0]
    np.testing.assert_allclose(found, average, rtol=1e-5, atol=1e-7)


def test_teacher_and_student_see_other_noise():
    distiller = build(stddev=1.0)
    first = distiller.student_view(X, training=True)
    second = distiller.teacher_view(X, training=True)
    assert not np.array_equal(first, second)


def test_unlabelled_examples_count_in_the_consistency_alone():
    distiller = compiled(stddev=1.0, weight=1.0, ramp_steps=1)
    logs = distiller.train_on_batch(X, np.full(4, -1), return_dict=True)
    assert logs["task_loss"] == 0
    assert logs["consistency"] > 0
    # exp(-5) is the ramp at step 0.
    np.testing.assert_allclose(
        logs["loss"], np.exp(-5) * logs["consistency"], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": student()}, "needs no teacher"),
        ({"consistency": "mes"}, "Closest: 'mse'"),
        ({"ramp_steps": 0}, "ramp_steps of mean_teacher"),
        ({"decay": 1.0}, "decay must be in"),
        ({"ramp_decay": -0.1}, "decay must be"),
        ({"stddev": -1.0}, "stddev must be"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
