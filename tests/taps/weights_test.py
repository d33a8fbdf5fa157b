import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd import taps
from tfkd.errors import InputError


def test_vectors_are_the_columns_of_the_last_kernel():
    student = dense((3,))
    network = taps.with_class_vectors(student)
    layer = taps.classifier(student)
    x = np.ones((2, *student.input_shape[1:]), "float32")
    found = network(x)
    np.testing.assert_array_equal(
        found["class_vectors"], np.transpose(layer.kernel)
    )
    np.testing.assert_array_equal(found["outputs"], student(x))
    layer.kernel.assign(layer.kernel + 1.0)
    np.testing.assert_array_equal(
        network(x)["class_vectors"], np.transpose(layer.kernel)
    )


def test_weights_are_shared_and_counted_once():
    student = dense((3,))
    network = taps.with_class_vectors(student, name="table")
    ids = [id(weight) for weight in network.trainable_weights]
    assert sorted(ids) == sorted(map(id, student.trainable_weights))


def test_logits_of_no_dense_layer_are_our_error():
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.ReLU()(inputs))
    with pytest.raises(InputError, match="must come from a Dense layer"):
        taps.with_class_vectors(model)
