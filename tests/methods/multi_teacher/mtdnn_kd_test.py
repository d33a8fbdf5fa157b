import keras
import numpy as np
import pytest

from tests.conformance.cases import sequences
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": sequences.teachers_of_tasks(),
        "student": sequences.bilstm(),
        **arguments,
    }
    return methods.get("mtdnn_kd").build(**arguments)


def test_an_ensemble_a_task_is_averaged():
    package, opening = build().distillation_losses
    assert package.teacher_taps == ("0/logits", "1/logits", "2/package")
    assert opening.teacher_taps == ("2/opening",)
    # (1/4, 1/2, 1/4), (1/2, 1/4, 1/4), (3/4, 0, 1/4): mean (1/2, 1/4, 1/4).
    log2 = np.log(2)
    teacher = {
        "0/logits": np.float32([[0, log2, 0]]),
        "1/logits": np.float32([[log2, 0, 0]]),
        "2/package": np.float32([[np.log(3), -1e4, 0]]),
    }
    student = {"package": np.zeros((1, 3), "float32")}
    # Against (1/3, 1/3, 1/3).
    expected = 0.5 * np.log(3 / 2) + 0.5 * np.log(3 / 4)
    np.testing.assert_allclose(package(teacher, student), [expected], rtol=1e-5)


def test_the_gradient_is_that_of_the_mean_of_hard_and_soft_targets():
    # One Dense layer a task: dL/dz = p - (q + y) / 2 in both.
    inputs = keras.Input((2,))
    heads = {
        task: keras.layers.Dense(2, use_bias=True, name=task)(inputs)
        for task in ("a", "b")
    }
    student = keras.Model(inputs, heads)
    teacher = keras.models.clone_model(student)
    distiller = methods.get("mtdnn_kd").build(
        teacher=[teacher], student=student
    )
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    distiller.compile(
        keras.optimizers.SGD(1.0), {"a": cross_entropy, "b": cross_entropy}
    )
    x = np.float32([[1, 2]])
    y = {"a": np.array([1]), "b": np.array([0])}
    before = {t: np.array(student.get_layer(t).bias) for t in heads}
    q, p = (
        {t: np.exp(z[0]) / np.exp(z[0]).sum() for t, z in m(x).items()}
        for m in (teacher, student)
    )
    distiller.train_on_batch(x, y)
    for task, label in y.items():
        target = (q[task] + np.eye(2)[label[0]]) / 2
        moved = before[task] - np.array(student.get_layer(task).bias)
        np.testing.assert_allclose(moved, p[task] - target, atol=1e-6)


def test_rejects_arguments():
    with pytest.raises(InputError, match="task of the student named 'topic'"):
        build(teacher={"topic": sequences.transformer()})
    with pytest.raises(InputError, match="same classes"):
        build(teacher={"opening": [sequences.transformer()]})
    with pytest.raises(InputError, match="temperature"):
        build(temperature=0.0)
