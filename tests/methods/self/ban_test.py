import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.methods import generations
from tfkd.models.fresh import fresh_copy

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def network(units=(4,), classes=2):
    return models.build(
        "mlp", input_shape=(3,), num_classes=classes, units=units
    )


def fit(student, teacher, epochs=2, **arguments):
    chain = methods.get("ban").build(
        student=student, teacher=teacher, **arguments
    )
    chain.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    chain.fit(X, Y, batch_size=8, epochs=epochs, verbose=0)
    return chain


def softmax(z):
    z = np.asarray(z, "float64")
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_the_first_loss_is_the_papers_equation():
    teacher, student = network((8,)), network()
    q, p = softmax(teacher(X) / 2), softmax(student(X) / 2)
    kl = np.mean(np.sum(q * np.log(q / p), axis=1))
    ce = np.mean(-np.log(softmax(student(X))[np.arange(8), Y]))
    chain = fit(
        student,
        teacher,
        epochs=1,
        generations=1,
        temperature=2.0,
        weight=0.7,
        task_weight=0.3,
    )
    expected = 0.3 * ce + 0.7 * 4 * kl
    found = chain.histories[0].history["loss"][0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_last_generation_is_the_student_itself():
    student = network()
    before = student.get_weights()
    chain = fit(student, network(), generations=3)
    assert len(chain.histories) == 3
    assert chain.student is student
    assert not np.array_equal(before[0], student.get_weights()[0])


def test_a_generation_learns_from_the_one_before(monkeypatch):
    kept = []
    monkeypatch.setattr(
        generations,
        "fresh_copy",
        lambda *a: kept.append(fresh_copy(*a)) or kept[-1],
    )
    student = network()
    before = student(X)
    chain = fit(student, network((8,)), epochs=1, generations=2)
    # One step: what the first generation, now trained, says to the second
    # before its step.
    q, p = softmax(kept[-1](X)), softmax(before)
    expected = np.mean(np.sum(q * np.log(q / p), axis=1))
    found = chain.histories[1].history["loss"][0]
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_the_teacher_stays():
    teacher = network()
    before = teacher.get_weights()
    fit(network(), teacher, generations=2)
    for old, new in zip(before, teacher.get_weights()):
        np.testing.assert_array_equal(old, new)


def test_no_generation_is_our_error():
    with pytest.raises(InputError, match="generations of ban"):
        fit(network(), network(), generations=0)


def test_other_classes_are_our_error_before_training():
    with pytest.raises(InputError, match="score the same"):
        methods.get("ban").build(student=network(), teacher=network(classes=3))
