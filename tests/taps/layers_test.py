import keras
import numpy as np
import pytest

from tfkd import models
from tfkd import taps
from tfkd.errors import InputError
from tfkd.tasks import segmentation


def network(**arguments):
    return models.build(
        "cnn", input_shape=(8, 8, 1), num_classes=3, **arguments
    )


def test_batch_normalizations_are_found_in_order_and_in_nested_models():
    inner = network()
    found = taps.batch_normalizations(inner)
    assert list(found) == [f"stage{i}_bn:input" for i in (1, 2, 3)]
    assert found["stage1_bn:input"] is inner.get_layer("stage1_bn")
    inputs = keras.Input((8, 8, 1))
    outer = keras.Model(inputs, inner(inputs))
    assert list(taps.batch_normalizations(outer))[0] == "cnn/stage1_bn:input"


def test_the_classifier_is_the_layer_of_the_logits():
    inner = network()
    assert taps.classifier(inner) is inner.get_layer("logits")
    inputs = keras.Input((4,))
    dense = keras.layers.Dense(3, activation="softmax")
    assert taps.classifier(keras.Model(inputs, dense(inputs))) is dense
    dense = keras.layers.Dense(3)
    outputs = keras.layers.Softmax()(dense(inputs))
    assert taps.classifier(keras.Model(inputs, outputs)) is dense
    dense = keras.layers.Dense(3, activation="softmax")
    outputs = keras.layers.Activation("linear", dtype="float32")(dense(inputs))
    assert taps.classifier(keras.Model(inputs, outputs)) is dense


def test_a_classifier_gives_logits_whatever_its_activation():
    x = np.array([[1.0, -2.0, 0.5, 3.0]], "float32")
    for bias in (True, False):
        dense = keras.layers.Dense(3, activation="softmax", use_bias=bias)
        chances = dense(x)
        found = keras.ops.softmax(taps.class_logits(dense, x))
        np.testing.assert_allclose(found, chances, rtol=1e-5)


def test_layers_behind_a_tap_are_those_that_it_needs():
    model = network()
    names = [layer.name for layer in taps.layers_of(model, "stage2")]
    expected = ["stage1_conv", "stage1_bn", "stage2_conv", "stage2_bn"]
    assert names == expected
    before = [layer.name for layer in taps.layers_of(model, "stage2_bn:input")]
    assert before == expected[:3]
    assert taps.layers_of(model, "outputs")[-1] is model.get_layer("logits")


def test_layers_are_found_in_nested_models_and_before_an_activation():
    inner = keras.layers.Dense(3, activation="relu", name="inner")
    nested = keras.Sequential([keras.Input((4,)), inner], name="nested")
    inputs = keras.Input((4,))
    model = keras.Model(inputs, keras.layers.Dense(2)(nested(inputs)))
    assert taps.layers_of(model, "nested/inner:pre") == [inner]
    assert taps.layers_of(model, "nested") == [inner]


def test_common_convolutions_are_in_the_students_order():
    student = segmentation.model(filters=(4, 6))
    teacher = segmentation.model(filters=(4, 6, 8))
    found = taps.common_convolutions(teacher, student)
    assert found == ["stage1_conv", "stage2_conv", "decoder_conv", "logits"]
    assert taps.common_convolutions(network(), student) == found[:2]


def test_models_without_them_are_named():
    with pytest.raises(InputError, match="must have BatchNormalization"):
        taps.batch_normalizations(network(batch_normalization=False))
    inputs = keras.Input((4, 3))
    pooled = keras.layers.GlobalAveragePooling1D()(inputs)
    with pytest.raises(InputError, match="must come from a Dense layer"):
        taps.classifier(keras.Model(inputs, pooled))
