import numpy as np
import pytest

from tfkd.compression.bridge.graph import Graph
from tfkd.compression.bridge.graph import Node


@pytest.fixture
def graph():
    return Graph(
        "g",
        [
            Node("image", "Input"),
            Node("a", "Conv2D", ("image",), weights={"kernel": np.ones(2)}),
            Node("b", "ReLU", ("a",)),
            Node("c", "Add", ("a", "b")),
        ],
        "c",
    )


def test_finds_nodes_and_their_readers(graph):
    assert graph["b"].kind == "ReLU"
    assert graph.input.name == "image"
    assert [node.name for node in graph.consumers("a")] == ["b", "c"]
    with pytest.raises(KeyError):
        graph["d"]


def test_a_sole_consumer_is_one_that_nothing_else_shares(graph):
    assert graph.sole_consumer("a") is None
    assert graph.sole_consumer("b").name == "c"
    graph.output = "b"
    assert graph.sole_consumer("b") is None


def test_a_copy_shares_no_weights(graph):
    graph.copy()["a"].weights["kernel"][0] = 7
    np.testing.assert_array_equal(graph["a"].weights["kernel"], [1, 1])


def test_only_what_is_trained_counts_as_a_kernel(graph):
    assert [node.name for node in graph.kernels()] == ["a"]
    graph["a"].trainable = False
    assert graph.kernels() == []
