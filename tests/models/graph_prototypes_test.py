import keras
import numpy as np

from tests.gradients import assert_gradient
from tfkd.models.graph_prototypes import GraphPrototypes

RANDOM = np.random.default_rng(0)
STATES = RANDOM.normal(size=(2, 6, 3)).astype("float32")
EDGES = np.stack(
    [
        np.eye(6) + np.eye(6, k=1) + np.eye(6, k=-1),
        np.eye(6) + np.eye(6, k=2) + np.eye(6, k=-2),
    ]
).astype("float32")
SUPPORT = np.array([[0, 0, 1, 1, -1, -1], [1, -1, 0, -1, 0, -1]])


def made(classes=2, units=4, **arguments):
    layer = GraphPrototypes(classes, units, **arguments)
    layer.build([(None, None, 3), (None, None, None), (None, None)])
    return layer


def passed(layer, z, adjacency, activation):
    """Message passing of one step, by matrices."""
    own, bias, neighbor = (np.array(w, "float64") for w in layer.weights)
    mean = adjacency / adjacency.sum(-1, keepdims=True)
    return activation(z @ own + bias + mean @ z @ neighbor)


def softmax(x):
    e = np.exp(x)
    return e / e.sum(-1, keepdims=True)


def expected_logits(layer, z, adjacency, support):
    """The equation of one graph, by loops over its known nodes."""
    z, adjacency = z.astype("float64"), adjacency.astype("float64")
    s = passed(layer.community, z, adjacency, softmax)
    q = passed(layer.value, z, adjacency, lambda x: x)
    communities = np.mean((s / s.sum(0)).T @ q, axis=0)
    w, b = (np.array(v, "float64") for v in layer.graph.weights)
    h = np.concatenate([z.mean(0), communities]) @ w + b
    w, b = (np.array(v, "float64") for v in layer.gate.weights)
    gates = 1 / (1 + np.exp(-(h @ w + b)))
    kernel = gates[:9].reshape(3, 3) * np.array(layer.kernel)
    bias = gates[9:] * np.array(layer.bias)
    shared = adjacency @ adjacency.T
    logits = []
    for label in range(2):
        known = np.flatnonzero(support == label)
        each = []
        for u in known:
            weights = shared[u, known] / shared[u, known].sum()
            each.append(np.tanh(weights @ z[known] @ kernel + bias))
        gap = z - np.mean(each, axis=0)
        logits.append(-np.sum(gap**2, axis=-1))
    return np.stack(logits, axis=-1)


def test_logits_are_the_equation():
    layer = made()
    layer.bias.assign([0.5, -0.5, 1.0])
    found = layer([STATES, EDGES, SUPPORT])
    for graph in range(2):
        expected = expected_logits(
            layer, STATES[graph], EDGES[graph], SUPPORT[graph]
        )
        np.testing.assert_allclose(found[graph], expected, rtol=1e-5)


def test_only_known_nodes_make_prototypes():
    layer = made()
    changed = SUPPORT.copy()
    changed[0, :4] = changed[0, 3::-1]  # Classes 0 and 1 change places.
    first = np.array(layer([STATES, EDGES, SUPPORT]))
    second = np.array(layer([STATES, EDGES, changed]))
    np.testing.assert_allclose(first[0, :, ::-1], second[0], rtol=1e-5)
    np.testing.assert_allclose(first[1], second[1], rtol=1e-5)


def test_a_class_without_a_known_node_is_out():
    found = np.array(made(classes=3)([STATES, EDGES, SUPPORT]))
    np.testing.assert_array_equal(found[..., 2], -1e4)
    assert np.all(found[..., :2] > -1e3)


def test_padding_changes_no_node():
    layer = made()
    pad = ((0, 0), (0, 2), (0, 0))
    edges = np.pad(EDGES, ((0, 0), (0, 2), (0, 2)))
    support = np.pad(SUPPORT, ((0, 0), (0, 2)), constant_values=-1)
    found = np.array(layer([np.pad(STATES, pad), edges, support]))
    expected = np.array(layer([STATES, EDGES, SUPPORT]))
    np.testing.assert_allclose(found[:, :6], expected, rtol=1e-5)


def test_gradient():
    layer = made(dtype="float64")
    edges = EDGES.astype("float64")
    assert_gradient(lambda z: layer([z, edges, SUPPORT]), STATES)


def test_round_trip():
    layer = made(classes=3, units=5)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert copy.get_config() == layer.get_config()
