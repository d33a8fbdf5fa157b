import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

X = np.random.default_rng(0).normal(size=(90, 5)).astype("float32")


def mlp(classes=3):
    return models.build("mlp", input_shape=(5,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": None, "student": mlp(), **arguments}
    return methods.get("residual_label").build(**arguments)


def compiled(**arguments):
    distiller = build(**arguments)
    distiller.compile(
        keras.optimizers.Adam(0.01),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    return distiller


def test_total_is_the_label_loss_and_the_residual_loss():
    distiller = compiled(weight=0.5)
    y = np.arange(4) % 3
    z = np.array(distiller.student(X[:4]), "float64")
    p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    task = -np.mean(np.log(p[np.arange(4), y]))
    # All others are alike at first: KL((1/2, 1/2) || s).
    others = np.array([np.delete(row, label) for row, label in zip(p, y)])
    s = others / others.sum(axis=1, keepdims=True)
    residual = np.mean(np.sum(0.5 * np.log(0.5 / s), axis=1))
    logs = distiller.train_on_batch(X[:4], y, return_dict=True)
    np.testing.assert_allclose(logs["residual_labels"], residual, rtol=1e-4)
    np.testing.assert_allclose(logs["loss"], task + residual / 2, rtol=1e-5)


def test_the_residuals_find_the_class_that_is_confused():
    keras.utils.set_random_seed(0)
    # Classes 0 and 1 look alike; class 2 is far from both.
    y = np.arange(90) % 3
    x = X.copy()
    x[y == 2, 0] += 6
    distiller = compiled()
    distiller.fit(x, y, epochs=40, verbose=0)
    residuals = np.array(distiller.distillation_losses[0].residuals)
    assert residuals[0, 1] > residuals[0, 2]
    assert residuals[1, 0] > residuals[1, 2]


def test_a_file_keeps_what_was_learned(tmp_path):
    distiller = compiled()
    distiller.fit(X, np.arange(90) % 3, verbose=0)
    distiller.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    first, second = (
        np.array(d.distillation_losses[0].residuals)
        for d in (distiller, loaded)
    )
    assert np.any(first != 0)
    np.testing.assert_array_equal(first, second)


def test_bad_arguments_are_our_errors():
    with pytest.raises(InputError, match="needs no teacher"):
        build(teacher=mlp())
    with pytest.raises(InputError, match="received 2 classes"):
        build(student=mlp(2))
    with pytest.raises(InputError, match="weight must be"):
        build(weight=-1.0)
