import keras
import numpy as np

from tests.gradients import assert_gradient
from tfkd.models.message_passing import MessagePassing


def layer(steps=1, units=1, weights=None, activation="linear"):
    made = MessagePassing(units, steps, activation)
    made.build([(None, None, 1), (None, None, None)])
    if weights is not None:
        for variable, value in zip(made.weights, weights, strict=True):
            variable.assign(np.reshape(np.float32(value), variable.shape))
    return made


def path(edges, nodes):
    adjacency = np.zeros((1, nodes, nodes), "float32")
    for first, second in edges:
        adjacency[0, first, second] = adjacency[0, second, first] = 1
    return adjacency


X = np.float32([[[1], [2], [4]]])
# Nodes 0 - 1 - 2 with loops.
A = path([(0, 0), (1, 1), (2, 2), (0, 1), (1, 2)], 3)


def test_one_step_adds_the_mean_of_neighbours():
    # h = 10 x + 1 + mean 3 x: means 1.5, 7/3, 3.
    found = layer(weights=[10, 1, 3])([X, A])
    np.testing.assert_allclose(
        found[0, :, 0], [11 + 4.5, 21 + 7, 41 + 9], rtol=1e-6
    )


def test_a_second_step_tells_neighbours_the_states():
    # With W_v = W_x = 1, b = 0: h1 = x + mean x = 2.5, 13/3, 7;
    # h2 = h1 + mean 2 h1: means of h1 (41/12, 83/18, 17/3).
    found = layer(steps=2, weights=[1, 0, 1, 2])([X, A])
    expected = [2.5 + 41 / 6, 13 / 3 + 83 / 9, 7 + 34 / 3]
    np.testing.assert_allclose(found[0, :, 0], expected, rtol=1e-6)


def test_an_edge_counts_as_its_weight():
    weighted = A.copy()
    weighted[0, 0, 1] = 3.0
    # Node 0: (1 * 1 + 3 * 2) / 4.
    found = layer(weights=[0, 0, 1])([X, weighted])
    np.testing.assert_allclose(found[0, 0, 0], 7 / 4, rtol=1e-6)


def test_padding_has_no_state_and_changes_none():
    # b = 1 would give a node without edges the state 1.
    made = layer(steps=2, weights=[1, 1, 1, 2])
    padded = np.pad(A, ((0, 0), (0, 2), (0, 2)))
    found = made([np.pad(X, ((0, 0), (0, 2), (0, 0))), padded])
    np.testing.assert_allclose(found[:, :3], made([X, A]), rtol=1e-6)
    np.testing.assert_array_equal(found[:, 3:], 0)


def test_renaming_nodes_renames_states():
    made = layer(steps=3, units=4, activation="tanh")
    order = np.array([2, 0, 1])
    np.testing.assert_allclose(
        np.asarray(made([X, A]))[:, order],
        made([X[:, order], A[:, order][:, :, order]]),
        rtol=1e-5,
    )


def test_gradient():
    made = MessagePassing(2, 2, "tanh", dtype="float64")
    assert_gradient(lambda x: made([x, A.astype("float64")]), X)


def test_round_trip():
    made = layer(steps=2, units=3, activation="tanh")
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(made)
    )
    assert copy.get_config() == made.get_config()
