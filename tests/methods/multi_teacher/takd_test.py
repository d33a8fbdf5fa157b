import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError
from tfkd.methods.multi_teacher import takd
from tfkd.models.fresh import fresh_copy

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = (X[:, 0] > 0).astype("int32")


def network(units=(4,), classes=2):
    return models.build(
        "mlp", input_shape=(3,), num_classes=classes, units=units
    )


def build(**arguments):
    arguments.setdefault("teacher", network((16,)))
    arguments.setdefault("student", network())
    arguments.setdefault("assistants", (network((8,)),))
    return methods.get("takd").build(**arguments)


def fit(chain):
    chain.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    chain.fit(X, Y, batch_size=8, epochs=1, verbose=0)
    return [h.history for h in chain.histories]


def softmax(z):
    z = np.asarray(z, "float64")
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_the_last_link_is_the_papers_equation(monkeypatch):
    kept = []
    monkeypatch.setattr(
        takd, "fresh_copy", lambda *a: kept.append(fresh_copy(*a)) or kept[-1]
    )
    student = network()
    before = student(X)
    logs = fit(
        build(student=student, temperature=2.0, weight=0.7, task_weight=0.3)
    )
    # One step: the last copy made is the assistant, now trained.
    q, p = softmax(kept[-1](X) / 2), softmax(before / 2)
    kl = np.mean(np.sum(q * np.log(q / p), axis=1))
    ce = np.mean(-np.log(softmax(before)[np.arange(8), Y]))
    expected = 0.3 * ce + 0.7 * 4 * kl
    np.testing.assert_allclose(logs[-1]["loss"], expected, rtol=1e-5)


def test_every_link_is_trained_in_order():
    student = network()
    chain = build(
        student=student,
        assistants=[network((8,)), {"name": "mlp", "units": (6,)}],
    )
    before = student.get_weights()
    assert len(fit(chain)) == 3
    assert chain.student is student
    assert not np.array_equal(before[0], student.get_weights()[0])


def test_given_assistants_stay_as_they_are():
    assistant = network((8,))
    before = assistant.get_weights()
    fit(build(assistants=assistant))
    for old, new in zip(before, assistant.get_weights()):
        np.testing.assert_array_equal(old, new)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"assistants": ()}, "at least one assistant"),
        ({"assistants": ("resnet",)}, "functional or built Sequential"),
        ({"assistants": ({"name": "mpl"},)}, "Closest: 'mlp'"),
        ({"assistants": (network(classes=3),)}, "score the same"),
        ({"teacher": network(classes=3)}, "score the same"),
        ({"temperature": 0.0}, "temperature must be"),
    ],
)
def test_mistakes_are_our_errors_before_training(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
