import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(classes):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {
        "teacher": [mlp(2), mlp(2)],
        "student": mlp(4),
        "label_sets": ((0, 1), (2, 3)),
        "curriculum_steps": 10,
        **arguments,
    }
    return methods.get("lfme").build(**arguments)


X = np.random.default_rng(0).normal(size=(4, 5)).astype("float32")
Y = np.arange(4)


def softmax(z):
    e = np.exp(np.asarray(z, "float64"))
    return e / e.sum(axis=1, keepdims=True)


def test_the_first_step_is_the_papers_equation():
    teachers, student = [mlp(2), mlp(2)], mlp(4)
    distiller = build(teacher=teachers, student=student)
    distiller.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    z = np.asarray(student(X))
    kl, confidence = 0.0, np.zeros(4)
    for teacher, classes in zip(teachers, ([0, 1], [2, 3])):
        q, p = softmax(teacher(X) / 2), softmax(z[:, classes] / 2)
        # 1/4 T^2 is 1: the authors' code has no T^2.
        kl += np.mean(np.sum(q * np.log(q / p), axis=1))
        confidence[classes] = softmax(teacher(X))[classes, [0, 1]]
    ce = np.mean(-confidence * np.log(softmax(z)[Y, Y]))
    logs = distiller.train_on_batch(X, Y, return_dict=True)
    np.testing.assert_allclose(logs["loss"], ce + kl, rtol=1e-4)


def test_an_expert_that_is_reached_falls_silent():
    distiller = build(momentum=0.0)
    _, first, second = distiller.distillation_losses
    first.sums.assign([3.0, 2.0, 4.0])
    second.sums.assign([0.0, 2.0, 4.0])
    assert float(first.pace()) == 0.0
    assert float(second.pace()) == 1.0


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="every logit"):
        build(label_sets=((0, 1, 2), (3,)))
    with pytest.raises(InputError, match="steps >= 1"):
        build(curriculum_steps=0)
    with pytest.raises(InputError, match="threshold and momentum"):
        build(threshold=1.5)
