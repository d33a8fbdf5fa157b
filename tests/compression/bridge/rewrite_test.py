import keras
import numpy as np
import pytest

from tests.compression.bridge import models
from tfkd.compression.bridge import read
from tfkd.compression.bridge import rewrite
from tfkd.compression.bridge.graph import Graph
from tfkd.compression.bridge.graph import Node
from tfkd.errors import InputError


def normalization(source, width):
    weights = {
        "gamma": np.full(width, 2.0, np.float32),
        "beta": np.full(width, 1.0, np.float32),
        "moving_mean": np.full(width, 3.0, np.float32),
        "moving_variance": np.full(width, 15.0, np.float32),
    }
    config = {"axis": -1, "epsilon": 1.0, "center": True, "scale": True}
    return Node(
        "n", "BatchNormalization", (source,), config, weights, (2, 2, width)
    )


def test_batch_normalization_goes_into_the_layer_before_it():
    kernel = np.arange(6, dtype=np.float32).reshape(1, 1, 3, 2)
    weights = {"kernel": kernel, "bias": np.array([1.0, 5.0], np.float32)}
    config = {"use_bias": True}
    nodes = [
        Node("image", "Input", shape=(2, 2, 3)),
        Node("c", "Conv2D", ("image",), config, weights, (2, 2, 2)),
        normalization("c", 2),
        Node("r", "ReLU", ("n",), shape=(2, 2, 2)),
    ]
    folded = rewrite(Graph("g", nodes, "r"))
    names = [node.name for node in folded.nodes]
    assert names == ["image", "pixels", "c", "r"]
    assert folded["r"].inputs == ("c",)
    assert folded["c"].inputs == ("pixels",)
    # y = 2 (x - 3) / sqrt(15 + 1) + 1 = x / 2 - 1 / 2
    np.testing.assert_allclose(folded["c"].weights["kernel"], kernel / 2)
    np.testing.assert_allclose(folded["c"].weights["bias"], [0.0, 2.0])
    # The graph that was given stays as it was.
    assert nodes[1].weights["kernel"] is kernel
    assert nodes[3].inputs == ("n",)


def test_where_others_read_the_layer_too_it_becomes_a_convolution():
    weights = {"kernel": np.ones((1, 1, 3, 2), np.float32)}
    nodes = [
        Node("image", "Input", shape=(2, 2, 3)),
        Node("c", "Conv2D", ("image",), {}, weights, (2, 2, 2)),
        normalization("c", 2),
        Node("a", "Add", ("c", "n"), shape=(2, 2, 2)),
    ]
    folded = rewrite(Graph("g", nodes, "a"))
    assert folded["n"].kind == "DepthwiseConv2D"
    assert folded["n"].trainable
    np.testing.assert_allclose(folded["n"].weights["kernel"].ravel(), [0.5] * 2)
    np.testing.assert_allclose(folded["n"].weights["bias"], [-0.5, -0.5])
    np.testing.assert_array_equal(folded["c"].weights["kernel"], 1)


def test_rescaling_becomes_a_convolution_that_is_not_trained():
    graph = rewrite(read(models.small()))
    assert graph["scaled"].kind == "DepthwiseConv2D"
    assert not graph["scaled"].trainable
    np.testing.assert_allclose(
        graph["scaled"].weights["kernel"].ravel(), [1 / 255] * 2, rtol=1e-6
    )
    assert [node.name for node in graph.kernels()] == ["conv", "logits"]


@pytest.mark.parametrize("layer", [keras.layers.Rescaling(0.5)])
def test_scaling_a_vector_is_refused(layer):
    inputs = keras.Input(models.SHAPE)
    outputs = layer(keras.layers.Flatten()(inputs))
    with pytest.raises(InputError, match="Put Rescaling before Flatten"):
        rewrite(read(keras.Model(inputs, outputs)))


def test_normalization_of_another_axis_is_refused():
    inputs = keras.Input(models.SHAPE)
    outputs = keras.layers.BatchNormalization(axis=1)(inputs)
    with pytest.raises(InputError, match="must normalize the last axis"):
        rewrite(read(keras.Model(inputs, outputs)))
