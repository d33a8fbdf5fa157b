import keras
import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError

X, Y = cases.images(8)
LOSS = keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def build(**arguments):
    keras.utils.set_random_seed(0)
    arguments.setdefault("teacher", cases.teacher())
    arguments.setdefault("value_range", (0.0, 16.0))
    return methods.get("ard").build(student=cases.student(), **arguments)


def log_softmax(z):
    z = np.asarray(z, "float64")
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def worst(model):
    """The attacked images that a layer of the same seed finds first."""
    fresh = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(model.attack)
    )
    found = fresh.find(
        X,
        lambda x: model.student(x, training=False),
        labels=Y,
        teacher=model.teacher(X)["logits"],
        student=model.student(X),
    )
    return np.asarray(found.inputs)


def test_total_is_the_papers_equation_under_attack():
    model = build(temperature=3.0, weight=0.6, task_weight=0.4, steps=3)
    model.compile(keras.optimizers.SGD(0.0), LOSS)
    moved = worst(model)
    logs = model.train_on_batch(X, Y, return_dict=True)
    read = model._untracked.extractor
    clean = log_softmax(read(X, training=True)["outputs"])
    labels = -np.mean(clean[np.arange(8), Y])
    q = log_softmax(model.teacher(X)["logits"] / 3)
    p = log_softmax(read(moved, training=True)["logits"] / 3)
    soft = 9 * np.mean(np.sum(np.exp(q) * (q - p), axis=1))
    np.testing.assert_allclose(logs["attacked_soft_targets"], soft, rtol=1e-3)
    expected = 0.4 * labels + 0.6 * soft
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-3)


def test_attacked_images_are_near_and_worse():
    model = build(epsilon=0.05, step_size=0.02, steps=5)
    moved = worst(model)
    assert np.max(np.abs(moved - X)) <= 0.05 * 16 + 1e-4
    assert moved.min() >= 0
    assert moved.max() <= 16
    losses = [
        -log_softmax(model.student(x))[np.arange(8), Y].mean()
        for x in (X, moved)
    ]
    assert losses[1] > losses[0]


def test_the_student_becomes_robust():
    teacher = cases.teacher()
    teacher.compile(keras.optimizers.Adam(0.01), LOSS)
    x, y = cases.images(64)
    teacher.fit(x, y, epochs=30, verbose=0)
    model = build(teacher=teacher, epsilon=0.1, step_size=0.04, steps=4)
    model.compile(keras.optimizers.Adam(0.01), LOSS)
    model.fit(x, y, epochs=30, verbose=0)
    moved = worst(model)
    right = np.argmax(model.student(moved), axis=1) == Y
    assert np.mean(right) > 0.8


def test_no_clean_labels_are_needed_by_default():
    model = build(objective="teacher", steps=1)
    model.compile("sgd")
    logs = model.train_on_batch(X, return_dict=True)
    assert np.isfinite(logs["loss"])


def test_a_mistake_is_our_error():
    with pytest.raises(InputError, match="epsilon must be"):
        build(epsilon=0.0)
    with pytest.raises(InputError, match="score the same"):
        build(teacher=cases.cnn((6, 8, 12), classes=7))
