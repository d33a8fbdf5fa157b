import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(size, classes=2):
    return models.build(
        "mlp", input_shape=(size, size, 1), num_classes=classes, units=(6,)
    )


def build(**arguments):
    arguments = {"teacher": mlp(8), "student": mlp(4), **arguments}
    return methods.get("cqd").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_is_the_papers_equation_on_two_qualities():
    distiller = build()
    distiller.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    sharp = np.random.default_rng(0).uniform(size=(4, 8, 8, 1))
    # Every second pixel of every second row.
    x = {"student": sharp[:, ::2, ::2], "teacher": sharp}
    y = np.array([0, 1, 1, 0])
    t = np.array(distiller.teacher.model(x["teacher"]), "float64")
    s = np.array(distiller.student(x["student"]), "float64")
    q, p = softmax(t / 10), softmax(s / 10)
    kl = np.mean(np.sum(q * np.log(q / p), axis=1))
    hard = -np.mean(np.log(softmax(s)[np.arange(4), y]))
    logs = distiller.train_on_batch(x, y, return_dict=True)
    # lambda = 200 = 2 T^2 in the authors' code; the divergence is tiny.
    np.testing.assert_allclose(logs["loss"], hard + 200 * kl, rtol=1e-3)


def test_evaluation_sees_degraded_images_alone():
    distiller = build()
    distiller.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    low = np.zeros((4, 4, 4, 1), "float32")
    assert distiller.predict(low, verbose=0).shape == (4, 2)


def test_bad_arguments_are_our_errors():
    with pytest.raises(InputError, match="score the same"):
        build(teacher=mlp(8, 3))
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=-1.0)
    with pytest.raises(InputError, match="weight must be"):
        build(weight=-1.0)
