import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import CachedTeacher

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(24, 5)).astype("float32")
Y = np.where(np.arange(24) < 12, (X[:, 0] > 0), -1).astype("int32")


def mlp(classes=2):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": [mlp(), mlp()], "student": mlp(), **arguments}
    return methods.get("gdsda").build(**arguments)


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


def test_total_is_the_equation():
    teachers, student = [mlp(), mlp()], mlp()
    distiller = build(
        teacher=teachers, student=student, imitation=(0.5, 0.2), temperature=2.0
    )
    distiller.compile("sgd")
    s = np.array(student(X))
    p = softmax(s / 2)
    kl = []
    for teacher in teachers:
        q = softmax(teacher(X) / 2)
        kl.append(4 * np.mean(np.sum(q * np.log(q / p), axis=1)))
    # The 12 without a label count nothing in the mean over 24.
    ce = -np.sum(np.log(softmax(s)[np.arange(12), Y[:12]])) / 24
    expected = 0.5 * kl[0] + 0.2 * kl[1] + 0.3 * ce
    logs = distiller.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_fit_solves_for_the_shares_and_keeps_them():
    teachers = [mlp(), mlp()]
    # The first teacher knows the answer, the second the opposite.
    for sign, teacher in zip((1, -1), teachers):
        teacher.compile(
            keras.optimizers.Adam(0.02),
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        teacher.fit(X, sign * X[:, 0] > 0, epochs=60, verbose=0)
    distiller = build(teacher=teachers)
    distiller.compile("sgd", jit_compile=False)
    distiller.fit(X, Y, verbose=0)
    first, second = distiller.imitation
    assert first > 0.2
    assert second < 0.05
    shares = np.array(distiller.distillation_losses[0].shares)
    np.testing.assert_allclose(shares.sum(), 1.0, rtol=1e-6)
    # Unlabelled examples say nothing about them.
    distiller.estimate({"student": 0 * X[:12], "teacher": X[:12]}, Y[:12])
    np.testing.assert_allclose(
        distiller.imitation, [first, second], rtol=1e-5, atol=1e-7
    )


def test_given_numbers_stay():
    distiller = build(imitation=(0.5, 0.2))
    distiller.compile("sgd", jit_compile=False)
    distiller.fit(X, Y, verbose=0)
    np.testing.assert_allclose(distiller.imitation, [0.5, 0.2], rtol=1e-6)


def test_mistakes_are_our_errors():
    for wrong in ((0.5,), (0.8, 0.3), (-0.1, 0.2), (float("nan"), 0.1)):
        with pytest.raises(InputError, match="sum of at most 1"):
            build(imitation=wrong)
    with pytest.raises(InputError, match="must be Keras models"):
        build(teacher=CachedTeacher({"logits": (2,)}))
    with pytest.raises(InputError, match="no_such"):
        build(teacher_tap="no_such")
    with pytest.raises(InputError, match="penalty"):
        build(penalty=0.0).estimate(X, Y)
