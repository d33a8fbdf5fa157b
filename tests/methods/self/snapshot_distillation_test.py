import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def student():
    return models.build("mlp", input_shape=(3,), num_classes=2, units=(4,))


def build(**arguments):
    arguments.setdefault("teacher", None)
    return methods.get("snapshot_distillation").build(
        student=student(), **arguments
    )


def test_only_the_teacher_is_smoothed():
    # T = 2: the teacher's (0, 2 log 3) / 2 give q = (1/4, 3/4); the
    # student's (log 3, 0) give p = (3/4, 1/4) as they are:
    # 1/4 log 1/3 + 3/4 log 3 = 1/2 log 3.
    (loss,) = build(temperature=2.0).distillation_losses
    teacher = {"logits": np.array([[0.0, 2 * np.log(3)]], "float32")}
    student = {"logits": np.array([[np.log(3), 0.0]], "float32")}
    expected = [0.5 * np.log(3)]
    np.testing.assert_allclose(loss(teacher, student), expected, rtol=1e-6)


def test_equal_temperatures_give_ordinary_soft_targets():
    (loss,) = build(
        temperature=2.0, student_temperature=2.0
    ).distillation_losses
    z = np.array([[0.0, 2 * np.log(3)]], "float32")
    # T^2 (1/4 log 1/2 + 3/4 log 3/2), as p = (1/2, 1/2).
    found = loss({"logits": z}, {"logits": np.zeros_like(z)})
    expected = [4 * (0.25 * np.log(0.5) + 0.75 * np.log(1.5))]
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_first_cycle_is_plain_training():
    distiller = build(cycle_steps=3, weight=0.5, task_weight=0.25)
    (loss,) = distiller.distillation_losses
    assert [float(loss.weight(s)) for s in (0, 2, 3, 9)] == [0, 0, 0.5, 0.5]
    task = distiller.student_loss_weight
    assert [float(task(s)) for s in (0, 2, 3, 9)] == [1, 1, 0.25, 0.25]


def test_the_last_weights_of_a_cycle_teach_the_next():
    distiller = build(cycle_steps=2)
    distiller.compile(
        keras.optimizers.SGD(0.5),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    y = np.array([0, 1, 1, 0])
    history = [distiller.student.get_weights()]
    followed = []
    for _ in range(5):
        distiller.train_on_batch(x, y)
        history.append(distiller.student.get_weights())
        copy = distiller.teacher.copy.get_weights()
        followed.append(
            [
                step
                for step, weights in enumerate(history)
                if all(np.array_equal(a, b) for a, b in zip(weights, copy))
            ]
        )
    assert followed == [[0], [2], [2], [4], [4]]


def test_a_teacher_is_our_error():
    with pytest.raises(InputError, match="needs no teacher"):
        build(teacher=student())


def test_an_empty_cycle_is_our_error():
    with pytest.raises(InputError, match="cycle_steps"):
        build(cycle_steps=0)


def test_a_temperature_of_zero_is_our_error():
    with pytest.raises(InputError, match="student_temperature"):
        build(student_temperature=0.0)
