import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.models.pointwise import absorb


def network(**arguments):
    """A convolution, and a 1x1 convolution right behind it."""
    inputs = keras.Input((6, 6, 3))
    x = keras.layers.Conv2D(5, 3, name="conv", **arguments)(inputs)
    y = keras.layers.Conv2D(5, 1, use_bias=False, name="pointwise")(x)
    y = keras.layers.BatchNormalization()(y)
    unmerged = keras.Model(inputs, keras.layers.ReLU()(y))
    # The same layers without the second.
    y = unmerged.layers[-2](x)
    return unmerged, keras.Model(inputs, unmerged.layers[-1](y))


@pytest.mark.parametrize(
    "arguments",
    [
        {"bias_initializer": keras.initializers.RandomNormal(seed=1)},
        {"use_bias": False, "strides": 2, "padding": "same"},
    ],
)
def test_merged_and_unmerged_networks_agree(arguments):
    keras.utils.set_random_seed(0)
    unmerged, merged = network(**arguments)
    x = np.random.default_rng(0).normal(size=(4, 6, 6, 3)).astype("float32")
    expected = np.asarray(unmerged(x))
    before = np.asarray(merged(x))
    absorb(
        merged.get_layer("conv"), unmerged.get_layer("pointwise").kernel[0, 0]
    )
    np.testing.assert_allclose(merged(x), expected, atol=1e-5)
    assert np.max(np.abs(before - expected)) > 0.1
    assert merged.count_params() == unmerged.count_params() - 25


def test_rows_are_old_outputs_and_columns_new_ones():
    layer = keras.layers.Dense(2)
    layer.build((None, 1))
    layer.set_weights([np.array([[1.0, 2.0]]), np.array([10.0, 20.0])])
    absorb(layer, np.array([[1.0, 0.0], [3.0, 1.0]]))
    # (1 + 2 * 3, 2) and (10 + 20 * 3, 20).
    np.testing.assert_allclose(layer.kernel, [[7.0, 2.0]])
    np.testing.assert_allclose(layer.bias, [70.0, 20.0])


def test_it_comes_before_the_layers_own_activation():
    layer = keras.layers.Dense(1, activation="relu", use_bias=False)
    layer.build((None, 1))
    layer.set_weights([np.array([[1.0]])])
    absorb(layer, np.array([[-2.0]]))
    x = np.array([[1.0], [-3.0]], "float32")
    np.testing.assert_allclose(layer(x), [[0.0], [6.0]])


def test_other_layers_and_sizes_are_our_error():
    layer = keras.layers.Dense(2)
    layer.build((None, 3))
    with pytest.raises(InputError, match="matrix \\(outputs, outputs\\)"):
        absorb(layer, np.eye(3))
    grouped = keras.layers.Conv2D(4, 3, groups=2)
    grouped.build((None, 4, 4, 4))
    with pytest.raises(InputError, match="in one group"):
        absorb(grouped, np.eye(4))
    with pytest.raises(InputError, match="ReLU"):
        absorb(keras.layers.ReLU(), np.eye(4))
