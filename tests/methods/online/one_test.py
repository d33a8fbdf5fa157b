import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def cnn(filters=(3, 4, 5)):
    return models.build(
        "cnn", input_shape=(8, 8, 1), num_classes=2, filters=filters
    )


def build(**arguments):
    arguments = {"teacher": None, "student": cnn(), **arguments}
    return methods.get("one").build(**arguments)


def softmax(z):
    return np.exp(z) / np.exp(z).sum(-1, keepdims=True)


def test_agrees_with_the_papers_sum():
    # m = 2 branches and the ensemble; b = 2, a = 3, T = 2. In doubles:
    random = np.random.default_rng(0)
    z = random.normal(size=(3, 4, 2))  # student, branch, ensemble
    labels = np.array([0, 1, 1, 0])
    q = softmax(z / 2)
    cross = -np.log(softmax(z)[:, np.arange(4), labels]).mean(axis=1)
    kl = [
        4 * np.mean(np.sum(q[2] * np.log(q[2] / q[i]), axis=-1)) for i in (0, 1)
    ]
    # The student's own cross-entropy is the compiled loss.
    expected = 3 * (cross[1] + cross[2]) + 2 * (kl[0] + kl[1])
    distiller = build(branches=2, temperature=2.0, weight=2.0, task_weight=3.0)
    taps = dict(zip(("logits", "branch1", "ensemble"), z.astype("float32")))
    found = sum(
        float(loss.weight(0)) * np.mean(loss(taps, taps, labels=labels, step=0))
        for loss in distiller.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert float(distiller.student_loss_weight(0)) == 3.0


def test_the_branches_share_the_trunk_and_are_gated():
    student = cnn()
    distiller = build(student=student, branches=3)
    x = np.random.default_rng(0).uniform(size=(4, 8, 8, 1)).astype("float32")
    found = distiller.network(x)
    np.testing.assert_array_equal(found["outputs"], student(x))
    logits = [found[n] for n in ("logits", "branch1", "branch2")]
    gate = distiller.network.get_layer("ensemble")
    expected = gate([found["stage2"], *logits])
    np.testing.assert_allclose(found["ensemble"], expected, rtol=1e-5)
    # Two more copies of stage 3 (4 x 5 kernels, 3x3) and of the head.
    kernels = [
        w for w in distiller.trainable_variables if w.shape == (3, 3, 4, 5)
    ]
    assert len({w.numpy().tobytes() for w in kernels}) == 3
    trunk = [
        w for w in distiller.trainable_variables if w.shape == (3, 3, 3, 4)
    ]
    assert len(trunk) == 1


def test_branches_may_part_anywhere():
    distiller = build(trunk_tap="embedding", branches=2)
    assert distiller.network.output["branch1"].shape == (None, 2)


def test_the_students_layers_may_end_in_softmax_and_be_residual():
    inputs = keras.Input((8, 8, 3))
    x = keras.layers.Conv2D(4, 3, padding="same", name="stage1")(inputs)
    y = keras.layers.Conv2D(4, 3, padding="same")(x)
    y = keras.layers.Add(name="stage2")([x, y])
    y = keras.layers.GlobalAveragePooling2D()(y)
    y = keras.layers.Dense(2, activation="softmax")(y)
    student = keras.Model(inputs, y)
    distiller = build(student=student, branches=2)
    images = np.random.default_rng(0).normal(size=(4, 8, 8, 3))
    found = distiller.network(images.astype("float32"))
    assert not np.allclose(np.sum(found["branch1"], axis=1), 1.0)
    distiller.compile(
        "adam", "sparse_categorical_crossentropy", run_eagerly=True
    )
    distiller.fit(images, np.array([0, 1, 0, 1]), verbose=0)


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="needs no teacher"):
        build(teacher=cnn())
    with pytest.raises(InputError, match="branches of one"):
        build(branches=1)
    with pytest.raises(InputError, match="no_such"):
        build(trunk_tap="no_such")
    with pytest.raises(InputError, match="last stage but one"):
        build(student=models.build("mlp", input_shape=(3,), num_classes=2))
    residual = models.build("resnet", input_shape=(8, 8, 1), num_classes=2)
    with pytest.raises(InputError, match="must lead through the trunk"):
        build(student=residual, trunk_tap="stage2_a")
