import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import EnsembleTeacher


def mlp(classes=2):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


X = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")


def build(**arguments):
    arguments = {"teacher": [mlp(), mlp()], "student": mlp(), **arguments}
    return methods.get("fukuda_ensemble").build(**arguments)


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


def kl(teacher, student):
    q, p = softmax(teacher), softmax(student)
    return np.mean(np.sum(q * np.log(q / p), axis=1))


def soft_targets(distiller):
    distiller.compile("sgd")
    return distiller.train_on_batch(X, return_dict=True)["soft_targets"]


def test_one_teacher_teaches_a_batch_and_both_get_a_turn():
    teachers, student = [mlp(), mlp()], mlp()
    distiller = build(teacher=teachers, student=student, task_weight=0.0)
    turns = set()
    for _ in range(12):
        expected = [kl(t(X), student(X)) for t in teachers]
        found = soft_targets(distiller)
        near = np.isclose(found, expected, rtol=1e-4)
        assert near.sum() == 1
        turns.add(int(np.argmax(near)))
    assert turns == {0, 1}


def test_every_teacher_labels_the_augmented_data():
    teachers, student = [mlp(), mlp()], mlp()
    distiller = build(
        teacher=teachers,
        student=student,
        mode="augment",
        teacher_weights=(3, 1),
        task_weight=0.0,
    )
    first, second = (kl(t(X), student(X)) for t in teachers)
    found = soft_targets(distiller)
    np.testing.assert_allclose(found, 0.75 * first + 0.25 * second, rtol=1e-4)


def test_weights_may_come_from_an_ensemble():
    ensemble = EnsembleTeacher([mlp(), mlp()], weights=[1, 3])
    assert build(teacher=ensemble).teacher.member_weights == [0.25, 0.75]


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="Closest: 'switch'"):
        build(mode="swich")
    with pytest.raises(InputError, match="weights of teachers must be 2"):
        build(teacher_weights=(1.0,))
    with pytest.raises(InputError, match="shares of losses must be 2"):
        build(mode="augment", teacher_weights=(1.0,))
    with pytest.raises(InputError, match="shapes differ"):
        build(teacher=[mlp(), mlp(classes=3)])
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
