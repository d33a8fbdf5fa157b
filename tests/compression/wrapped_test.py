import numpy as np

from tfkd.compression.bridge.graph import Graph
from tfkd.compression.bridge.graph import Node
from tfkd.compression.wrapped import large_kernels

# Started from [[0, 1, 1], [2, 0, 2]], moved by [[5, 1, 3], [1, 7, 2]].


def test_zeros_stay_zero(legacy):
    np.testing.assert_array_equal(
        legacy["projection"]["zeros"], [[0, 2, 4], [3, 0, 4]]
    )


def test_equal_weights_stay_equal_and_move_by_their_mean(legacy):
    # 0: (5 + 7) / 2 = 6; 1: 1 + (1 + 3) / 2 = 3; 2: 2 + (1 + 2) / 2 = 3.5
    np.testing.assert_array_equal(
        legacy["projection"]["clusters"], [[6, 3, 3], [3.5, 6, 3.5]]
    )


def test_both_hold_at_once(legacy):
    np.testing.assert_array_equal(
        legacy["projection"]["zeros+clusters"], [[0, 3, 3], [3.5, 0, 3.5]]
    )


def test_small_kernels_and_fixed_ones_are_left_alone():
    def node(name, size, trainable=True):
        weights = {"kernel": np.ones((size, 2))}
        return Node(name, "Dense", weights=weights, trainable=trainable)

    nodes = [node("small", 3), node("large", 4), node("fixed", 9, False)]
    graph = Graph("g", nodes, "large")
    assert large_kernels(graph, 8) == ["large"]
    assert large_kernels(graph, 8, lambda kernel: len(kernel) > 4) == []
