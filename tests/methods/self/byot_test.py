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
    return methods.get("byot").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)


def test_is_the_papers_equation():
    distiller = build(
        student=student((2, 3)),
        temperature=2.0,
        weight=0.3,
        task_weight=0.7,
        feature_weight=0.1,
    )
    deep = np.array([[2.0, 0.0], [0.0, 1.0]])
    z = np.array([[0.0, np.log(3.0)], [1.0, 0.0]])
    taps = {
        "logits": deep,
        "exit_stage1": z,
        "features": np.array([[1.0, 2.0, 0.0], [0.0, 0.0, 1.0]]),
        "features_exit_stage1": np.array([[0.0, 2.0, 2.0], [1.0, 0.0, 1.0]]),
    }
    taps = {name: value.astype("float32") for name, value in taps.items()}
    labels = np.array([1, 0])
    # Squared distances of features: 1 + 0 + 4 = 5 and 1 + 0 + 0 = 1, mean 3.
    q, p = softmax(deep / 2), softmax(z / 2)
    ce = np.mean(-np.log(softmax(z)[np.arange(2), labels]))
    kl = np.mean(np.sum(q * np.log(q / p), axis=1))
    expected = 0.7 * ce + 0.3 * 4 * kl + 0.1 * 3
    found = sum(
        float(loss.weight(0)) * np.mean(loss(taps, taps, labels=labels))
        for loss in distiller.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert float(distiller.student_loss_weight(0)) == pytest.approx(0.7)


def test_the_deepest_section_is_not_taught():
    keras.utils.set_random_seed(0)
    distiller = build(task_weight=0.0)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    distiller.compile(keras.optimizers.SGD(1.0), loss)
    x = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")
    layers = {
        name: distiller.network.get_layer(name)
        for name in ("logits", "stage3_conv", "exit_stage2", "stage1_conv")
    }
    before = {name: np.array(layer.kernel) for name, layer in layers.items()}
    distiller.train_on_batch(x, np.array([0, 1, 0, 1]))
    moved = {
        name
        for name, layer in layers.items()
        if not np.array_equal(before[name], layer.kernel)
    }
    assert moved == {"exit_stage2", "stage1_conv"}


def test_bottlenecks_end_in_the_width_of_the_deepest():
    taps = build().network.output
    assert taps["features"].shape == (None, 4)
    assert taps["features_exit_stage1"].shape == (None, 4)


def test_a_perceptron_has_sections_too():
    mlp = models.build("mlp", input_shape=(3,), num_classes=2, units=(4, 5, 6))
    names = {loss.name for loss in build(student=mlp).distillation_losses}
    assert names == {"task_exit_stage1", "soft_exit_stage1", "hint_exit_stage1"}


def test_a_teacher_is_our_error():
    with pytest.raises(InputError, match="needs no teacher"):
        build(teacher=student())


def test_no_shallow_section_is_our_error():
    with pytest.raises(InputError, match="at least one section"):
        build(student=student((2,)))


def test_the_deepest_as_exit_is_our_error():
    with pytest.raises(InputError, match="at least one section"):
        build(exits=("stage3",))


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no_such"):
        build(deepest_tap="no_such")
