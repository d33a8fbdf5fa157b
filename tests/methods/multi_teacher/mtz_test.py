import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.models.zipping import zip_networks

X = np.random.default_rng(0).uniform(size=(6, 4, 4, 1)).astype("float32")
Y = {"a": np.arange(6) % 2, "b": np.arange(6) % 3}


def network(classes):
    return models.build(
        "cnn",
        input_shape=(4, 4, 1),
        num_classes=classes,
        filters=(3, 4),
        strides=(1, 1),
        batch_normalization=False,
    )


TEACHERS = {"a": network(2), "b": network(3)}


def zipped():
    return zip_networks(*TEACHERS.values(), X, names=tuple(TEACHERS))


def build(**arguments):
    arguments = {"teacher": TEACHERS, "student": zipped(), **arguments}
    return methods.get("mtz").build(**arguments)


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


def test_each_task_is_taught_by_the_network_that_knew_it():
    student = zipped()
    distiller = build(student=student, weight=0.5, temperature=2.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    distiller.compile("sgd", {"a": loss, "b": loss}, run_eagerly=True)
    z, expected = student(X), 0.0
    for name, teacher in TEACHERS.items():
        q, p = softmax(teacher(X) / 2), softmax(z[name] / 2)
        expected += 0.5 * 4 * np.mean(np.sum(q * np.log(q / p), axis=1))
        p = softmax(z[name])
        expected -= np.mean(np.log(p[np.arange(6), Y[name]]))
    logs = distiller.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="task of the student"):
        build(teacher={**TEACHERS, "c": network(2)})
    with pytest.raises(InputError, match="score the same"):
        build(teacher={"a": network(3), "b": network(3)})
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
