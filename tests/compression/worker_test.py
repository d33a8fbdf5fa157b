import keras
import numpy as np
import pytest

from tests.compression.bridge import models
from tfkd.compression import bridge
from tfkd.compression import worker
from tfkd.compression.data import TrainingData
from tfkd.errors import InputError


def test_a_model_that_keras_has_quantized_is_refused():
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, name="dense")]
    )
    worker.refuse_quantized(model)
    model.get_layer("dense").quantize("int8")
    with pytest.raises(InputError, match="'dense' was quantized to int8"):
        worker.refuse_quantized(model)


def test_a_float_model_is_taken():
    worker.refuse_quantized(models.every_layer())


def ending(activation):
    return keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(3, activation)]
    )


def test_a_softmax_at_the_end_is_taken_off():
    x = np.random.default_rng(0).normal(size=(5, 4))
    student = ending("softmax")
    expected = student.predict(x, verbose=0)
    logits = worker.classifier(student, None)(x, training=False)
    np.testing.assert_allclose(keras.ops.softmax(logits), expected, rtol=1e-5)
    assert np.min(logits) < 0


def test_a_dict_of_one_output_and_half_precision_are_taken():
    inputs = keras.Input(models.SHAPE, name="photo")
    x = keras.layers.Conv2D(2, 3, dtype="mixed_bfloat16")(inputs)
    x = keras.layers.Dense(3)(keras.layers.Flatten()(x))
    student = keras.Model({"photo": inputs}, {"logits": x})
    images = models.images(4) / 255
    expected = np.asarray(student({"photo": images})["logits"])
    taken = worker.classifier(student, None)
    graph = bridge.read(taken)
    received = bridge.write(graph)(images)
    np.testing.assert_allclose(received, taken(images), atol=1e-5)
    np.testing.assert_allclose(received, expected, atol=0.05)


def test_maps_of_logits_are_refused():
    student = keras.Sequential(
        [keras.Input(models.SHAPE), keras.layers.Conv2D(3, 1)]
    )
    with pytest.raises(InputError, match=r"received \(None, 12, 12, 3\)"):
        worker.classifier(student, None)


def test_outputs_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match="3 outputs behind a sigmoid"):
        worker.classifier(ending("sigmoid"), None)
    images = np.zeros((2, 2, 2, 1))
    with pytest.raises(InputError, match="received 3"):
        worker.classifier(ending(None), TrainingData(images, np.array([0, 3])))
