import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.teachers import GraphMetrics
from tfkd.teachers.graph_metrics import METRICS


def graph(edges, nodes, size=None):
    """Adjacency of a graph, padded to a size."""
    adjacency = np.zeros((size or nodes,) * 2, "float32")
    adjacency[range(nodes), range(nodes)] = 1
    for first, second in edges:
        adjacency[first, second] = adjacency[second, first] = 1
    return adjacency


def metrics(*graphs, **arguments):
    teacher = GraphMetrics(**arguments)
    teacher.connect(["metrics"], None)
    return np.array(teacher({"adjacency": np.stack(graphs)})["metrics"])


# A triangle 0 1 2 with a tail 2 - 3 - 4.
TAIL = [(0, 1), (1, 2), (0, 2), (2, 3), (3, 4)]


def test_the_metrics_of_a_triangle_with_a_tail():
    # 5 nodes, 5 edges: density 10 / 20. Degrees 2 2 3 2 1: mean 2, variance
    # 2 / 5. Paths of two edges, in both directions: 2 + 2 + 6 + 2 + 0 = 12,
    # of which the triangle closes 6. Distances of the 10 pairs: 5 of 1, 3 of
    # 2 (0-3, 1-3, 2-4), 2 of 3 (0-4, 1-4).
    expected = [
        0.5,
        0.5,
        np.sqrt(0.4) / 4,
        3 / 4,
        (5 + 3 / 2 + 2 / 3) / 10,
    ]
    np.testing.assert_allclose(metrics(graph(TAIL, 5))[0], expected, rtol=1e-6)


def test_padding_changes_nothing():
    np.testing.assert_allclose(
        metrics(graph(TAIL, 5, size=9)), metrics(graph(TAIL, 5)), rtol=1e-6
    )


def test_pairs_without_a_path_count_in_efficiency_alone():
    # Two edges apart: 4 nodes, 2 of 6 pairs at distance 1.
    found = metrics(
        graph([(0, 1), (2, 3)], 4), names=("diameter", "efficiency")
    )
    np.testing.assert_allclose(found, [[1 / 3, 1 / 3]], rtol=1e-6)


def test_graphs_of_one_batch_do_not_mix():
    path = [(0, 1), (1, 2), (2, 3), (3, 4)]
    both = metrics(graph(TAIL, 5), graph(path, 5))
    np.testing.assert_allclose(both[1], metrics(graph(path, 5))[0], rtol=1e-6)
    assert both[1][METRICS.index("diameter")] == 1.0


@pytest.mark.parametrize("nodes", [0, 1, 2])
def test_the_smallest_graphs_have_finite_metrics(nodes):
    found = metrics(graph([], nodes, size=3))
    np.testing.assert_array_equal(found, 0)


def test_weights_of_edges_do_not_count():
    np.testing.assert_allclose(
        metrics(graph(TAIL, 5) * 0.2), metrics(graph(TAIL, 5)), rtol=1e-6
    )


def test_adapted_metrics_have_mean_0_and_variance_1():
    random = np.random.default_rng(0)
    graphs = np.stack(
        [
            graph(random.integers(0, 6, (n, 2)), 6)
            for n in random.integers(3, 12, 50)
        ]
    )
    teacher = GraphMetrics()
    teacher.adapt(graphs)
    teacher.connect(["metrics"], None)
    found = np.array(teacher({"adjacency": graphs})["metrics"])
    np.testing.assert_allclose(found.mean(axis=0), 0, atol=1e-5)
    np.testing.assert_allclose(found.std(axis=0), 1, rtol=1e-4)
    # One that never varies stays 0.
    same = GraphMetrics(["density"])
    same.adapt(graphs[:1])
    assert same.scale == [1.0]


def test_round_trip():
    teacher = GraphMetrics(["density", "diameter"], mean=(1, 2), scale=(3, 4))
    config = keras.saving.serialize_keras_object(teacher)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == teacher.get_config()


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="metric of graphs named 'radius'"):
        GraphMetrics(["radius"])
    with pytest.raises(InputError, match="a scale > 0 for each"):
        GraphMetrics(["density"], scale=[0.0])
    with pytest.raises(InputError, match="a scale > 0 for each"):
        GraphMetrics(["density"], mean=[0.0, 1.0])
    with pytest.raises(InputError, match="tap of graph metrics"):
        GraphMetrics().connect(["logits"], None)
    with pytest.raises(InputError, match="must be a dict with 'adjacency'"):
        GraphMetrics()(np.zeros((1, 2, 2), "float32"))
