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
    arguments = {
        "teacher": network((8,)),
        "rate": 0.5,
        "dropped_layers": ("embedding",),
        **arguments,
    }
    return methods.get("fickle_teacher").build(student=network(), **arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_total_is_the_papers_equation_with_dropped_units():
    distiller = build(temperature=3.0, weight=0.6, task_weight=0.4, seed=7)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    distiller.compile("sgd", loss)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    y = np.array([0, 1, 1, 0])
    teacher = distiller.teacher.model
    units = keras.Model(teacher.input, teacher.get_layer("embedding").output)(x)
    # What a generator of the same seed drops first.
    dropped = keras.random.dropout(
        units, 0.5, seed=keras.random.SeedGenerator(7)
    )
    kernel, bias = teacher.get_layer("logits").get_weights()
    t = np.asarray(dropped, "float64") @ kernel + bias
    s = np.asarray(distiller.student(x), "float64")
    labels = -np.mean(np.log(softmax(s)[np.arange(4), y]))
    q, p = softmax(t / 3), softmax(s / 3)
    soft = 9 * np.mean(np.sum(q * np.log(q / p), axis=1))
    logs = distiller.train_on_batch(x, y, return_dict=True)
    np.testing.assert_allclose(logs["soft_targets"], soft, rtol=1e-4)
    expected = 0.4 * labels + 0.6 * soft
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_a_teacher_without_dropout_is_our_error():
    with pytest.raises(InputError, match="needs a model with dropout layers"):
        build(dropped_layers=(), rate=None)


def test_other_mistakes_are_our_errors():
    with pytest.raises(InputError, match="rate must be"):
        build(rate=-0.1)
    with pytest.raises(InputError, match="score the same"):
        build(teacher=network((8,), classes=3))
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
