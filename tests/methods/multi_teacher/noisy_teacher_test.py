import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(units=(4,), classes=2):
    return models.build(
        "mlp", input_shape=(3,), num_classes=classes, units=units
    )


def build(**arguments):
    arguments.setdefault("teacher", network((8,)))
    return methods.get("noisy_teacher").build(student=network(), **arguments)


X = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")


def logs(distiller):
    distiller.compile("sgd")
    return distiller.train_on_batch(X, np.zeros(6), return_dict=True)


def test_loss_is_the_papers_equation_on_perturbed_logits():
    distiller = build(stddev=0.5, share=1.0, weight=2.0, seed=7)
    # What a generator of the same seed draws first.
    xi = 0.5 * np.asarray(
        keras.random.normal((6, 2), seed=keras.random.SeedGenerator(7))
    )
    z = np.asarray(distiller.teacher.teacher(X)["logits"], "float64")
    s = np.asarray(distiller.student(X), "float64")
    expected = np.mean(np.sum(((1 + xi) * z - s) ** 2, axis=1))
    found = logs(distiller)
    np.testing.assert_allclose(found["noisy_logits"], expected, rtol=1e-5)
    np.testing.assert_allclose(found["loss"], 2 * expected, rtol=1e-5)


def test_without_noise_it_is_logit_regression():
    teacher, student = network((8,)), network()
    arguments = {"teacher": teacher, "student": student}
    plain = methods.get("logit_regression").build(**arguments)
    noisy = methods.get("noisy_teacher").build(stddev=0.0, **arguments)
    expected = np.mean(np.sum((teacher(X) - student(X)) ** 2, axis=1))
    np.testing.assert_allclose(
        logs(plain)["logit_regression"], expected, rtol=1e-5
    )
    # Now after one step of the other.
    expected = np.mean(np.sum((teacher(X) - student(X)) ** 2, axis=1))
    np.testing.assert_allclose(logs(noisy)["noisy_logits"], expected, rtol=1e-5)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="share in"):
        build(share=2.0)
    with pytest.raises(InputError, match="shape"):
        build(teacher=network(classes=3))
    with pytest.raises(InputError, match="weight must be"):
        build(weight=-1.0)
