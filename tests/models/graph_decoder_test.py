import keras
import numpy as np

from tests.gradients import assert_gradient
from tfkd.models.graph_decoder import GraphDecoder

STATES = np.float32([[[1], [2], [0]]])
# Nodes 0 - 1 with loops, and padding.
EDGES = np.float32([[[1, 1, 0], [1, 1, 0], [0, 0, 0]]])


def test_a_guess_is_the_sigmoid_of_a_product():
    layer = GraphDecoder(1)
    layer.build([(None, None, 1), (None, None, None)])
    own, bias, neighbor = layer.code.weights
    own.assign([[1.0]])
    bias.assign([0.0])
    neighbor.assign([[2.0]])
    # q = z + 2 mean z = 1 + 3, 2 + 3.
    expected = 1 / (1 + np.exp(-np.outer([4.0, 5.0], [4.0, 5.0])))
    found = np.array(layer([STATES, EDGES]))[0]
    np.testing.assert_allclose(found[:2, :2], expected, rtol=1e-6)
    np.testing.assert_array_equal(found[2], 0)
    np.testing.assert_array_equal(found[:, 2], 0)


def test_gradient():
    layer = GraphDecoder(2, dtype="float64")
    edges = EDGES.astype("float64")
    assert_gradient(lambda z: layer([z, edges]), STATES)


def test_round_trip():
    config = keras.saving.serialize_keras_object(GraphDecoder(3))
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.units == 3
