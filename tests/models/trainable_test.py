import keras
import pytest

from tfkd import models
from tfkd.models.trainable import only_trainable


def nested():
    inner = keras.Sequential(
        [keras.Input((3,)), keras.layers.Dense(3, name="inside")], name="inner"
    )
    inputs = keras.Input((3,))
    x = keras.layers.Dense(3, name="first")(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    return keras.Model(inputs, keras.layers.Dense(2, name="last")(inner(x)))


def names(model):
    return {variable.path for variable in model.trainable_variables}


def test_only_the_part_is_trainable_and_then_all_is_as_before():
    model = nested()
    model.get_layer("last").trainable = False
    before = names(model)
    with only_trainable(model, [model.get_layer("first")]):
        assert names(model) == {"first/kernel", "first/bias"}
        assert not model.get_layer("norm").trainable
    assert names(model) == before
    assert not model.get_layer("last").trainable
    assert model.get_layer("inner").trainable


def test_a_layer_of_a_nested_model_can_be_the_part():
    model = nested()
    inside = model.get_layer("inner").get_layer("inside")
    with only_trainable(model, [inside]):
        assert {v.path for v in model.trainable_variables} == {
            v.path for v in inside.trainable_variables
        }


def test_an_error_restores_all():
    model = models.build("mlp", input_shape=(3,), num_classes=2, units=(4,))
    before = names(model)
    with pytest.raises(RuntimeError), only_trainable(model, model.layers[-1:]):
        raise RuntimeError
    assert names(model) == before
