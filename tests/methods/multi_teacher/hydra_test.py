import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd import taps
from tfkd.errors import InputError
from tfkd.models import heads


def mlp(classes=3):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {
        "teacher": [mlp(), mlp()],
        "student": heads.split(mlp(), 2),
        **arguments,
    }
    return methods.get("hydra").build(**arguments)


X = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


def test_every_head_follows_its_own_teacher():
    teachers, student = [mlp(), mlp()], heads.split(mlp(), 2)
    distiller = build(
        teacher=teachers, student=student, temperature=2.0, weight=0.5
    )
    distiller.compile("sgd")
    ends = taps.Extractor(student, ["head1", "head2"])(X)
    parts = []
    for teacher, name in zip(teachers, ("head1", "head2")):
        q, p = softmax(teacher(X) / 2), softmax(ends[name] / 2)
        parts.append(4 * np.mean(np.sum(q * np.log(q / p), axis=1)))
    logs = distiller.train_on_batch(X, return_dict=True)
    np.testing.assert_allclose(logs["head_1"], parts[0], rtol=1e-4)
    np.testing.assert_allclose(logs["head_2"], parts[1], rtol=1e-4)
    expected = 0.5 * sum(parts) / 2
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-4)


def test_heads_stay_as_different_as_the_teachers():
    distiller = build()
    distiller.compile("sgd")
    distiller.fit(X, epochs=3, batch_size=6, verbose=0)
    layers = [distiller.student.get_layer(f"head{n}") for n in (1, 2)]
    first, second = (np.array(layer.kernel) for layer in layers)
    assert np.max(np.abs(first - second)) > 1e-4


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="split"):
        build(student=mlp())
    with pytest.raises(InputError, match="at least two teachers"):
        build(teacher=[mlp()])
    with pytest.raises(InputError, match="a head for each"):
        build(heads=("head1",))
    with pytest.raises(InputError, match="score the same"):
        build(teacher=[mlp(), mlp(4)])
