import numpy as np

from tfkd.models.node_mean import NodeMean


def test_padding_does_not_count():
    adjacency = np.zeros((2, 3, 3), "float32")
    adjacency[0] = np.diag([1, 1, 0])
    states = np.float32([[[1, 2], [3, 6], [0, 0]], [[0, 0]] * 3])
    found = NodeMean()([states, adjacency])
    # A graph without any node has the mean 0.
    np.testing.assert_allclose(found, [[2, 4], [0, 0]], rtol=1e-6)
