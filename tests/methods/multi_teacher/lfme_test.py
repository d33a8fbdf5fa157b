import keras
import numpy as np
import pytest

from tests.conformance import cases
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


def right(model, x, y):
    return int(np.sum(np.argmax(np.asarray(model(x)), axis=1) == y))


def test_validation_data_paces_the_experts():
    random = np.random.default_rng(1)
    held_x = random.normal(size=(30, 5)).astype("float32")
    held_y = np.arange(30) % 3  # No example of class 3.
    teachers, student = [mlp(2), mlp(2)], mlp(4)
    distiller = build(teacher=teachers, student=student)
    experts = distiller.experts
    seen = []
    log = keras.callbacks.LambdaCallback(
        on_train_begin=lambda logs: seen.append(
            [np.array(expert.sums) for expert in experts]
        )
    )
    distiller.compile("adam", cases.Case().loss, jit_compile=False)
    distiller.fit(
        X, Y, validation_data=(held_x, held_y), callbacks=[log], verbose=0
    )
    rows = [held_y < 2, held_y == 2]
    theirs = [
        right(teachers[0], held_x[rows[0]], held_y[rows[0]]),
        right(teachers[1], held_x[rows[1]], 0),
    ]
    own = [right(student, held_x[r], held_y[r]) for r in rows]
    np.testing.assert_array_equal(
        seen, [[[0, theirs[0], 20], [0, theirs[1], 10]]]
    )
    for expert, *counts in zip(experts, own, theirs, (20, 10)):
        np.testing.assert_array_equal(expert.sums, counts)
    # Training batches move them again where there is no such data.
    distiller.fit(X, Y, verbose=0)
    np.testing.assert_allclose(experts[1].sums[2], 0.98 * 10 + 0.02 * 2)


def test_validation_data_needs_labels():
    distiller = build()
    distiller.compile("adam", cases.Case().loss)
    with pytest.raises(InputError, match="which has no labels"):
        distiller.fit(X, Y, validation_data=(X, None), verbose=0)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="every logit"):
        build(label_sets=((0, 1, 2), (3,)))
    with pytest.raises(InputError, match="steps >= 1"):
        build(curriculum_steps=0)
    with pytest.raises(InputError, match="threshold and momentum"):
        build(threshold=1.5)
