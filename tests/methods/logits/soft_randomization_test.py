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
    return methods.get("soft_randomization").build(
        student=network(), **arguments
    )


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_total_is_the_papers_equation_on_noisy_inputs():
    distiller = build(
        stddev=0.5, temperature=3.0, weight=0.6, task_weight=0.4, seed=7
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    distiller.compile("sgd", loss)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    y = np.array([0, 1, 1, 0])
    # What a layer of the same seed draws first.
    noisy = x + 0.5 * np.asarray(
        keras.random.normal((4, 3), seed=keras.random.SeedGenerator(7))
    )
    t = np.asarray(distiller.teacher(x)["logits"], "float64")
    s = np.asarray(distiller.student(noisy), "float64")
    labels = -np.mean(np.log(softmax(s)[np.arange(4), y]))
    q, p = softmax(t / 3), softmax(s / 3)
    soft = 9 * np.mean(np.sum(q * np.log(q / p), axis=1))
    logs = distiller.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["soft_targets"], soft, rtol=1e-5)
    expected = 0.4 * labels + 0.6 * soft
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-5)


def test_evaluation_sees_no_noise():
    distiller = build(stddev=5.0)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    found = distiller(x, training=False)
    np.testing.assert_array_equal(found, distiller.student(x))


def test_negative_noise_is_our_error():
    with pytest.raises(InputError, match="stddev must be"):
        build(stddev=-1.0)


def test_other_classes_are_our_error():
    with pytest.raises(InputError, match="score the same"):
        build(teacher=network(classes=3))
