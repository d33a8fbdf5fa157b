import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd import sources
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def mlp(classes=2):
    return models.build("mlp", input_shape=(8, 8, 1), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": mlp(), "student": mlp(), **arguments}
    return methods.get("mismatched_kd").build(**arguments)


def softmax(z):
    e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def test_every_image_counts_in_the_divergence():
    distiller = build(temperature=2.0)
    distiller.compile(
        "sgd", keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    )
    images = RANDOM.uniform(size=(4, 8, 8, 1)).astype("float32")
    q, p = (
        softmax(np.array(model(images), "float64") / 2)
        for model in (distiller.teacher.model, distiller.student)
    )
    expected = 4 * np.mean(np.sum(q * np.log(q / p), axis=1))
    labels = np.array([0, 1, -1, -1])
    logs = distiller.train_on_batch(images, labels, return_dict=True)
    np.testing.assert_allclose(logs["soft_targets"], expected, rtol=1e-3)
    np.testing.assert_allclose(logs["loss"], logs["soft_targets"], rtol=1e-6)


def test_images_of_another_data_set_teach_the_teachers_function():
    keras.utils.set_random_seed(0)
    teacher = mlp()
    distiller = build(teacher=teacher)
    distiller.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    colour = RANDOM.uniform(0, 255, (64, 16, 16, 3))
    stimulus = sources.as_stimulus(colour, (8, 8, 1), low=0.0, high=1.0)
    real = RANDOM.uniform(size=(4, 8, 8, 1)).astype("float32")
    x, y = sources.with_unlabelled(real, np.zeros(4, "int32"), stimulus)
    loss = distiller.fit(x, y, epochs=10, verbose=0).history["loss"]
    assert loss[-1] < 0.3 * loss[0]


def test_bad_arguments_are_our_errors():
    with pytest.raises(InputError, match="score the same"):
        build(teacher=mlp(3))
    with pytest.raises(InputError, match="temperature must be"):
        build(temperature=0.0)
    with pytest.raises(InputError, match="weight must be"):
        build(weight=-1.0)
