import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

X, Y = cases.images(8)


def build(**arguments):
    arguments = {"teacher": None, "student": cases.student(), **arguments}
    return methods.get("collaborative_learning").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def test_each_head_follows_the_mean_logits_of_the_others():
    random = np.random.default_rng(0)
    z = random.normal(size=(3, 4, 4))
    labels = np.array([0, 1, 3, 2])
    expected = 0.0
    for own in range(3):
        q = softmax((z.sum(axis=0) - z[own]) / 2 / 2.0)
        p = softmax(z[own] / 2.0)
        expected += 0.4 * 4 * np.mean(np.sum(q * np.log(q / p), axis=-1))
        if own:
            p = softmax(z[own])[np.arange(4), labels]
            expected -= 0.6 * np.mean(np.log(p))
    distiller = build(heads=3, weight=0.4, task_weight=0.6)
    taps = dict(zip(("logits", "head1", "head2"), z.astype("float32")))
    found = sum(
        float(loss.weight(0)) * np.mean(loss(taps, taps, labels=labels))
        for loss in distiller.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_gradients_into_the_trunk_are_divided_by_the_heads():
    # With labels alone, and heads of the same weights, the trunk moves as
    # with one head: the mean of three equal gradients.
    plain = models.build(
        "cnn",
        input_shape=cases.SHAPE,
        num_classes=cases.CLASSES,
        filters=(4, 6),
        strides=(1, 2),
        batch_normalization=False,
        scale=1 / 16,
    )
    alone = keras.models.clone_model(plain)
    alone.set_weights(plain.get_weights())
    distiller = build(student=plain, heads=3, weight=0.0, task_weight=1.0)
    for number in (1, 2):
        head = distiller.network.get_layer(f"peer{number}").model
        head.set_weights(plain.get_weights()[2:])
    for model in (distiller, alone):
        model.compile(keras.optimizers.SGD(0.1), cases.Case().loss)
        model.fit(X, Y, batch_size=8, verbose=0)
    for found, expected in zip(plain.get_weights(), alone.get_weights()):
        np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-6)


def test_the_students_answers_are_not_changed():
    student = cases.student()
    found = build(student=student).network(X)
    np.testing.assert_allclose(found["outputs"], student(X), rtol=1e-5)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"teacher": cases.student()}, "needs no teacher"),
        ({"heads": 1}, "heads of collaborative_learning"),
        ({"trunk_tap": "stage2:pre"}, "layer of the student named"),
        ({"temperature": 0.0}, "temperature"),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
