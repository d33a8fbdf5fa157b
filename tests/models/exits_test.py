import keras
import numpy as np
import pytest

from tfkd.models import exits


def test_pooled_is_the_mean_over_positions():
    inputs = keras.Input((2, 2, 2))
    model = keras.Model(inputs, exits.pooled(inputs))
    x = np.arange(8.0, dtype="float32").reshape(1, 2, 2, 2)
    # Channel 0: (0 + 2 + 4 + 6) / 4; channel 1: (1 + 3 + 5 + 7) / 4.
    np.testing.assert_allclose(model(x), [[3.0, 4.0]], rtol=1e-6)


def test_pooled_leaves_a_vector():
    inputs = keras.Input((3,))
    assert exits.pooled(inputs) is inputs


def test_a_bottleneck_ends_in_the_deeper_shape():
    inputs = keras.Input((8, 8, 3))
    outputs = exits.bottleneck(inputs, (None, 2, 2, 7), name="bottleneck")
    assert outputs.shape == (None, 2, 2, 7)
    model = keras.Model(inputs, outputs)
    names = [layer.name for layer in model.layers]
    # From 8 to 4 to 2.
    assert [n for n in names if n.endswith(("down1", "down2", "down3"))] == [
        "bottleneck_down1",
        "bottleneck_down2",
    ]
    assert names[-1] == "bottleneck"


@pytest.mark.parametrize(
    ("size", "deeper", "paddings"),
    [
        (7, 4, ["same"]),
        (7, 3, ["valid"]),
        (13, 6, ["valid"]),
        (28, 3, ["same", "same", "valid"]),
        # No halving leads to it: the next smaller one.
        (6, 5, ["same"]),
    ],
)
def test_odd_sizes_are_halved_as_the_deeper_stage_was(size, deeper, paddings):
    inputs = keras.Input((size, size, 3))
    outputs = exits.bottleneck(inputs, (None, deeper, deeper, 7), name="b")
    convolutions = [
        layer
        for layer in keras.Model(inputs, outputs).layers
        if layer.name.endswith("_conv") and "down" in layer.name
    ]
    assert [layer.padding for layer in convolutions] == paddings
    assert outputs.shape[1] == (3 if deeper == 5 else deeper)


def test_a_bottleneck_of_vectors_is_one_layer():
    inputs = keras.Input((3,))
    outputs = exits.bottleneck(inputs, (None, 5), name="bottleneck")
    assert outputs.shape == (None, 5)
    assert np.all(keras.Model(inputs, outputs)(np.ones((2, 3))) >= 0)


def test_unknown_sizes_are_not_shrunk():
    inputs = keras.Input((None, None, 3))
    outputs = exits.bottleneck(inputs, (None, None, None, 4), name="b")
    assert outputs.shape == (None, None, None, 4)


def test_a_classifier_scores_in_float32():
    policy = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    try:
        outputs = exits.classifier(keras.Input((3,)), 4, name="exit")
    finally:
        keras.config.set_dtype_policy(policy)
    assert outputs.shape == (None, 4)
    assert outputs.dtype == "float32"
