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
    arguments.setdefault("attack_steps", 2)
    return methods.get("bss").build(student=cases.student(), **arguments)


def log_softmax(z):
    z = np.asarray(z, "float64")
    z = z - z.max(axis=1, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=1, keepdims=True))


def kl(t, s):
    q, p = log_softmax(np.asarray(t) / 3), log_softmax(np.asarray(s) / 3)
    return np.sum(np.exp(q) * (q - p), axis=1)


def test_total_is_the_papers_equation_at_the_start():
    model = build()
    model.compile(keras.optimizers.SGD(0.0), LOSS)
    read = model._untracked.extractor
    given = {"teacher": model.teacher(X)["logits"], "labels": None}
    # Labels that the teacher gives to six of eight.
    given["labels"] = np.argmax(given["teacher"], axis=1)
    given["labels"][:2] = (given["labels"][:2] + 1) % 4
    fresh = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(model.attack)
    )
    found = fresh.find(
        X,
        lambda x: model.teacher(x)["logits"],
        student=read(X, training=True)["logits"],
        **given,
    )
    logs = model.train_on_batch(X, given["labels"], return_dict=True)
    clean = read(X, training=True)["logits"]
    labels = -np.mean(log_softmax(clean)[np.arange(8), given["labels"]])
    moved = np.asarray(found.inputs)
    boundary = kl(
        model.teacher(moved)["logits"], read(moved, training=True)["logits"]
    )
    count = np.asarray(found.weight) > 0
    assert np.sum(count) == 6
    expected = labels + 4 * np.mean(kl(given["teacher"], clean))
    expected += 2 * np.mean(boundary[count])
    np.testing.assert_allclose(logs["loss"], expected, rtol=1e-3)


def test_factors_fall_as_in_the_authors_code():
    model = build(total_steps=80)
    soft, boundary = model.distillation_losses
    for epoch in (0, 20, 40, 60, 79):
        r = max(3 * (1 - epoch / 80), 0) + 1
        q = max(2 * (1 - 4 / 3 * epoch / 80), 0)
        assert float(soft.weight(epoch)) == pytest.approx(r, rel=1e-5)
        assert float(boundary.weight(epoch)) == pytest.approx(q, abs=1e-5)
    assert model.distillation_loss_weights == [pytest.approx(1 / 9)] * 2


def test_moved_images_are_nearer_to_the_teachers_boundary():
    keras.utils.set_random_seed(0)
    teacher = cases.teacher()
    teacher.compile(keras.optimizers.Adam(0.01), LOSS)
    x, y = cases.images(64)
    teacher.fit(x, y, epochs=20, verbose=0)
    model = build(teacher=teacher, attack_steps=10)
    found = model.attack.find(
        X,
        lambda x: model.teacher(x)["logits"],
        labels=Y,
        teacher=model.teacher(X)["logits"],
        student=model.student(X),
    )
    count = np.asarray(found.weight) > 0
    gaps = []
    for images in (np.take(X, found.rows, 0), np.asarray(found.inputs)):
        top = np.sort(np.asarray(teacher(images)), axis=1)[:, -2:]
        gaps.append(np.mean((top[:, 1] - top[:, 0])[count]))
    assert gaps[1] < 0.5 * gaps[0]


def test_a_mistake_is_our_error():
    with pytest.raises(InputError, match="weight of bss must be"):
        build(weight=0.5)
    with pytest.raises(InputError, match="attack_weight of bss"):
        build(attack_weight=-1.0)
    with pytest.raises(InputError, match="total_steps of bss"):
        build(total_steps=0)
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
    with pytest.raises(InputError, match="score the same"):
        build(teacher=cases.cnn((6, 8, 12), classes=7))
