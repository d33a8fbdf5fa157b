import keras
import pytest
from keras import layers

from tfkd import models
from tfkd import taps
from tfkd.errors import InputError


def zoo(name):
    return models.build(name, input_shape=(8, 8, 1), num_classes=3)


@pytest.mark.parametrize(
    ("name", "tap", "layer"),
    [
        ("cnn", "stage2:pre", "stage2_bn"),
        # The residual branch, not the shortcut.
        ("resnet", "stage2:pre", "stage2_b_bn"),
        ("mobilenet", "stage2", "stage2_project_bn"),
    ],
)
def test_finds_the_normalization_behind_a_tap(name, tap, layer):
    assert taps.batch_normalization(zoo(name), tap).name == layer


def test_finds_it_inside_a_nested_model():
    backbone = zoo("cnn")
    inputs = keras.Input((8, 8, 1))
    model = keras.Model(inputs, backbone(inputs))
    found = taps.batch_normalization(model, "cnn/stage1:pre")
    assert found is backbone.get_layer("stage1_bn")


@pytest.mark.parametrize("tap", ["stage1", "stage1_conv", "logits"])
def test_says_where_there_is_none(tap):
    with pytest.raises(InputError, match="must be the result of a BatchNorm"):
        taps.batch_normalization(zoo("cnn"), tap)


@pytest.mark.parametrize(
    ("name", "tap"),
    [
        ("cnn", "stage2:pre"),
        ("resnet", "stage2:pre"),
        # A linear bottleneck ends without an activation.
        ("mobilenet", "stage2"),
    ],
)
def test_pre_activation_of_a_stage(name, tap):
    assert taps.pre_activation(zoo(name), "stage2") == tap
    assert taps.pre_activation(zoo(name), tap) == tap


def test_pre_activation_of_a_pooled_stage_is_an_error():
    inputs = keras.Input((4, 4, 1))
    x = layers.Conv2D(2, 3, activation="relu")(inputs)
    model = keras.Model(inputs, layers.MaxPooling2D(name="stage1")(x))
    with pytest.raises(InputError, match="before an activation"):
        taps.pre_activation(model, "stage1")


def test_models_with_the_tap_protocol_declare_their_pre_activations():
    class Declared:
        name = "declared"
        tap_shapes = {"stage1": (None, 4)}

    assert taps.pre_activation(Declared(), "stage1") == "stage1:pre"
    with pytest.raises(InputError, match="must be the result of a BatchNorm"):
        taps.batch_normalization(Declared(), "stage1:pre")
