import keras
import numpy as np
import pytest

from tests.conformance.cases import sequences
from tests.conformance.cases.self import teachers_of_one_task
from tfkd import methods
from tfkd import schedules
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": teachers_of_one_task(),
        "student": sequences.bilstm(),
        **arguments,
    }
    return methods.get("bam").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


@pytest.mark.parametrize("step", [0, 1, 3, 4])
def test_the_gradient_is_that_of_the_annealed_target(step):
    # One Dense layer a task: dL/dz = p - (l y + (1 - l) q), l = k / 4.
    inputs = keras.Input((2,))
    heads = {t: keras.layers.Dense(2, name=t)(inputs) for t in ("a", "b")}
    student = keras.Model(inputs, heads)
    teachers = {
        t: keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
        for t in heads
    }
    distiller = build(teacher=teachers, student=student, steps=4)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    distiller.compile(keras.optimizers.SGD(1.0), dict.fromkeys(heads, loss))
    distiller.optimizer.build(distiller.trainable_variables)
    distiller.optimizer.iterations.assign(step)
    x = np.float32([[1, 2]])
    y = {"a": np.array([1]), "b": np.array([0])}
    before = {t: np.array(student.get_layer(t).bias) for t in heads}
    p = {t: softmax(np.array(z))[0] for t, z in student(x).items()}
    q = {t: softmax(np.array(m(x)))[0] for t, m in teachers.items()}
    distiller.train_on_batch(x, y)
    share = step / 4
    for task, label in y.items():
        target = share * np.eye(2)[label[0]] + (1 - share) * q[task]
        moved = before[task] - np.array(student.get_layer(task).bias)
        np.testing.assert_allclose(moved, p[task] - target, atol=1e-6)


def test_each_task_has_its_own_teacher():
    package, opening = build().distillation_losses
    assert package.teacher_taps == ("0/logits",)
    assert opening.teacher_taps == ("1/logits",)


def test_the_labels_take_over():
    distiller = build(steps=10, weight=2.0, task_weight=3.0)
    soft = distiller.distillation_losses[0].weight
    hard = distiller.student_loss_weight
    steps = (0, 5, 10, 20)
    assert [float(soft(step)) for step in steps] == [2, 1, 0, 0]
    assert [float(hard(step)) for step in steps] == [0, 1.5, 3, 3]


def test_schedules_replace_the_annealing():
    fixed = schedules.Constant(0.5)
    distiller = build(weight=fixed, task_weight=fixed)
    assert float(distiller.distillation_losses[0].weight(7)) == 0.5
    assert float(distiller.student_loss_weight(7)) == 0.5


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"steps": 0}, "steps of bam"),
        (
            {"teacher": {"topic": sequences.transformer()}},
            "task of the student named 'topic'",
        ),
        ({"teacher": {"opening": sequences.transformer()}}, "same classes"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
