import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def student(filters=(2, 3, 4)):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=filters,
        strides=(1, 2, 2)[: len(filters)],
    )


def build(**arguments):
    arguments.setdefault("student", student())
    arguments.setdefault("teacher", None)
    return methods.get("multi_exit_distill").build(**arguments)


def total(distiller, taps, labels):
    """The terms besides the student's own label loss."""
    teacher = {name: taps[name] for name in distiller.teacher_taps}
    pairs = zip(
        distiller.distillation_losses, distiller.distillation_loss_weights
    )
    return sum(
        factor
        * float(loss.weight(0))
        * np.mean(loss(teacher, taps, labels=labels))
        for loss, factor in pairs
    )


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


TAPS = {
    "exit_stage1": np.array([[0.0, np.log(3.0)], [1.0, 0.0]], "float32"),
    "exit_stage2": np.array([[0.5, 0.0], [0.0, 0.0]], "float32"),
    "logits": np.array([[2.0, 0.0], [0.0, 1.0]], "float32"),
}
LABELS = np.array([1, 0])


def written_out(target, exits, a=0.5, b=2.0, t=2.0):
    """Survey Eqn 9 over K = 3 exits, but for the last exit's labels."""
    value = 0.0
    for name, z in TAPS.items():
        p, q = softmax(np.float64(z)), softmax(np.float64(z) / t)
        if name != "logits":
            value += a * np.mean(-np.log(p[np.arange(2), LABELS]))
        if name in exits:
            kl = np.sum(target * np.log(target / q), axis=1)
            value += b * t**2 * np.mean(kl)
    return value / 3


def test_the_last_exit_teaches_the_others():
    distiller = build(temperature=2.0, weight=2.0, task_weight=0.5)
    target = softmax(np.float64(TAPS["logits"]) / 2)
    expected = written_out(target, ("exit_stage1", "exit_stage2"))
    found = total(distiller, TAPS, LABELS)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    own = float(distiller.student_loss_weight(0))
    np.testing.assert_allclose(own, 0.5 / 3, rtol=1e-6)


def test_the_ensemble_teaches_all_exits():
    distiller = build(
        target="ensemble", temperature=2.0, weight=2.0, task_weight=0.5
    )
    mean = np.mean([softmax(np.float64(z)) for z in TAPS.values()], axis=0)
    taps = {**TAPS, "ensemble": np.log(mean).astype("float32")}
    target = softmax(np.log(mean) / 2)
    found = total(distiller, taps, LABELS)
    expected = written_out(target, tuple(TAPS))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_the_ensemble_is_the_mean_probability_of_all_exits():
    distiller = build(target="ensemble")
    x = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype("float32")
    taps = distiller.network(x)
    exits = [softmax(np.asarray(taps[name], "float64")) for name in TAPS]
    found = softmax(np.asarray(taps["ensemble"], "float64"))
    np.testing.assert_allclose(found, np.mean(exits, axis=0), rtol=1e-5)


def test_unlabelled_examples_train_the_exits():
    keras.utils.set_random_seed(0)
    distiller = build()
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    distiller.compile(keras.optimizers.SGD(0.5), loss)
    x = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")
    head = distiller.network.get_layer("exit_stage1")
    own = distiller.student.get_layer("logits")
    before = [np.array(layer.kernel) for layer in (head, own)]
    distiller.train_on_batch(x, np.full(4, -1))
    assert not np.array_equal(before[0], head.kernel)
    # No gradient reaches the teaching exit.
    np.testing.assert_array_equal(before[1], own.kernel)


def test_named_exits_replace_the_stages():
    distiller = build(exits=("stage2",))
    names = {loss.name for loss in distiller.distillation_losses}
    assert names == {"soft_exit_stage2", "task_exit_stage2"}


def test_a_teacher_is_our_error():
    with pytest.raises(InputError, match="needs no teacher"):
        build(teacher=student())


def test_one_stage_is_our_error():
    with pytest.raises(InputError, match="has one stage"):
        build(student=student((2,)))


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no_such"):
        build(exits=("no_such",))


def test_an_unknown_target_is_our_error():
    with pytest.raises(InputError, match="target of multi_exit_distill"):
        build(target="lats")
