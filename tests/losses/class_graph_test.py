import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ClassGraph

RANDOM = np.random.default_rng(0)
# The last class, which is not seen, is like 0 and 1.
ATTRIBUTES = ((1, 0, 0), (0, 1, 0), (0, 0, 1), (1, 1, 0))


def built(width=2, **arguments):
    head = keras.layers.Dense(4, dtype=arguments.get("dtype"))
    head.build((None, width))
    arguments = {
        "attributes": ATTRIBUTES,
        "unseen": (3,),
        "neighbors": 2,
        "points": 2,
        "units": 3,
        **arguments,
    }
    loss = ClassGraph(teacher_tap="t", head=head, **arguments)
    loss.setup({"t": keras.KerasTensor((None, 2))}, {})
    return loss


def filled(**arguments):
    loss = built(**arguments)
    loss.nodes.assign(RANDOM.normal(size=(3, 2, 2)))
    loss.deviation.assign(2.0)
    return loss


def test_edges_lead_to_others_that_are_near():
    # Class 3 to 0 and 1; all that are as far as the last are neighbours.
    expected = np.array([[0, 1, 1], [1, 0, 1], [1, 1, 0], [1, 1, 0]]) / 2
    np.testing.assert_array_equal(built(neighbors=1).edges[:3], expected[:3])
    np.testing.assert_array_equal(built(neighbors=1).edges[3], expected[3])


def test_nodes_are_barycentres_of_the_classes():
    loss = built()
    features = np.array([[0, 1], [0, 3], [4, 0], [6, 0], [1, 1], [1, 1]])
    loss.adapt({"t": features}, np.array([0, 0, 1, 1, 2, 2]))
    found = np.sort(loss.nodes, axis=1)
    expected = np.sort(features.reshape(3, 2, 2), axis=1)
    np.testing.assert_allclose(found, expected, atol=1e-4)
    # (1 + 9 + 16 + 36 + 1 + 1 + 1 + 1) / 12.
    np.testing.assert_allclose(loss.deviation, (66 / 12) ** 0.5, rtol=1e-4)


def embedded(loss):
    """e / d in NumPy, from the equation."""
    weights = [
        [np.array(v) for v in layer.weights]
        for layer in (loss.intra, loss.inter, loss.output_map)
    ]
    (w, w0), (v, v0), (u, u0) = weights
    nodes = np.array(loss.nodes) / float(loss.deviation)
    told = np.maximum(nodes @ w + w0, 0).mean(axis=1)
    rows = []
    for k, near in enumerate([[1, 2], [0, 2], [0, 1], [0, 1]]):
        state = np.concatenate([ATTRIBUTES[k], told[near].mean(axis=0)])
        rows.append(np.maximum(state @ v + v0, 0) @ u + u0)
    return np.stack(rows)


def test_embeddings_are_aggregated_from_neighbours():
    loss = filled()
    np.testing.assert_allclose(loss.embeddings(), embedded(loss), rtol=1e-5)


def test_is_the_cross_entropy_and_the_distance_to_the_centre():
    loss = filled(graph_weight=0.5)
    nodes = np.array(loss.nodes)
    loss.nodes.assign(nodes.mean(axis=1, keepdims=True).repeat(2, axis=1))
    loss._draw = lambda shape, count: np.arange(4) % count
    e, head = embedded(loss), np.array(loss._untracked.head.kernel)
    logits = 2.0 * e @ head  # Every node is its centre: nothing scatters.
    expected = np.log(np.exp(logits).sum(axis=1)) - np.diag(logits)
    gaps = np.mean((e[:3] - nodes.mean(axis=1) / 2.0) ** 2, axis=1)
    expected[:3] += 0.5 * gaps
    found = loss({"t": np.zeros((4, 2), "float32")}, {})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_examples_scatter_as_nodes_of_neighbours():
    loss = filled()
    found = np.array(loss._scatter(np.full(400, 3), 400))
    nodes = np.array(loss.nodes)
    near = nodes[:2] - nodes[:2].mean(axis=1, keepdims=True)
    wanted = {tuple(np.round(row, 4)) for row in near.reshape(-1, 2)}
    assert {tuple(np.round(row, 4)) for row in found} == wanted


def test_unseen_classes_do_not_train_the_graph():
    loss = filled()
    for k, trained in ((0, True), (3, False)):
        loss._draw = lambda shape, count, k=k: np.full(shape, k % count)
        with tf.GradientTape() as tape:
            value = loss({"t": np.zeros((4, 2), "float32")}, {})
        found = tape.gradient(value, loss.output_map.kernel)
        assert bool(np.any(found)) == trained


def test_gradient_agrees_with_finite_differences():
    loss = filled(dtype="float64")
    loss._draw = lambda shape, count: np.arange(4) % count
    kernel = loss.output_map.kernel.numpy()
    taps = {"t": np.zeros((4, 2))}
    # The classifier's term has no gradient to the graph: leave it out.
    loss._untracked.head = types.SimpleNamespace(kernel=np.zeros((2, 4)))

    def value(x):
        bias = loss.output_map.bias
        loss.output_map.call = lambda state: state @ x + bias
        return loss(taps, {})

    assert_gradient(value, kernel)


def test_extreme_features_stay_finite():
    loss = built()
    for scale in (0.0, 1e-8, 1e4):
        features = scale * RANDOM.normal(size=(6, 2))
        loss.adapt({"t": features}, np.arange(6) % 3)
        found = loss({"t": features.astype("float32")}, {})
        assert np.all(np.isfinite(found))


def test_a_seen_class_without_examples_is_told():
    with pytest.raises(InputError, match="Every seen class needs an example"):
        built().adapt({"t": np.zeros((4, 2))}, None)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"unseen": (4,)}, "some of the classes"),
        ({"attributes": ()}, "one row a class"),
        ({"width": 3}, "classifier must map"),
        ({"neighbors": 0}, "1 <= neighbors < the number of seen"),
        ({"neighbors": 3}, "1 <= neighbors < the number of seen"),
        ({"points": 0}, "points and units >= 1"),
        ({"units": 0}, "points and units >= 1"),
        ({"graph_weight": -1.0}, "a finite graph_weight >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        built(**wrong)
