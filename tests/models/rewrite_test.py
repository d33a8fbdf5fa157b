import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.models.rewrite import replace_layers

X = np.random.default_rng(0).uniform(size=(3, 8, 8, 1)).astype("float32")


def network():
    keras.utils.set_random_seed(0)
    model = models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=2,
        filters=(3, 4),
        strides=(1, 2),
    )
    random = np.random.default_rng(0)
    model.set_weights(
        [random.uniform(0.1, 1, w.shape) for w in model.get_weights()]
    )
    return model


def swish(layer):
    """A convolution with an activation in the place of one without."""
    if not isinstance(layer, keras.layers.Conv2D):
        return None
    config = {**layer.get_config(), "activation": "relu"}
    return keras.layers.Conv2D.from_config(config)


def test_without_replacement_it_is_a_copy():
    model = network()
    copy = replace_layers(model, lambda layer: None)
    np.testing.assert_array_equal(copy(X), model(X))
    assert copy.name == model.name
    assert not {id(w) for w in copy.weights} & {id(w) for w in model.weights}


def test_new_layers_start_with_the_old_weights():
    model = network()
    copy = replace_layers(model, swish)
    assert copy.get_layer("stage1_conv").activation is keras.activations.relu
    for mine, theirs in zip(copy.get_weights(), model.get_weights()):
        np.testing.assert_array_equal(mine, theirs)


@pytest.mark.parametrize("wrap", [keras.Sequential, None])
def test_nested_layers_are_replaced_too(wrap):
    inner = network()
    inputs = keras.Input((8, 8, 1))
    if wrap is None:
        outer = keras.Model(inputs, keras.layers.Dense(2)(inner(inputs)))
    else:
        outer = wrap([inputs, inner])
    copy = replace_layers(outer, swish)
    nested = copy.get_layer(inner.name)
    assert nested.get_layer("stage1_conv").activation is keras.activations.relu
    np.testing.assert_array_equal(
        nested.get_layer("stage2_bn").gamma, inner.get_layer("stage2_bn").gamma
    )


def test_a_model_without_a_graph_is_our_error():
    with pytest.raises(InputError, match="functional or built Sequential"):
        replace_layers(keras.Sequential([keras.layers.Dense(2)]), swish)

    class Own(keras.Model):
        def call(self, x):
            return x

    own = Own()
    own.built = True
    with pytest.raises(InputError, match="functional API"):
        replace_layers(own, swish)
