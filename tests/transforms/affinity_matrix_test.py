import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.transforms import AffinityMatrix

RANDOM = np.random.default_rng(0)
# Cosines 0 (1, 2), -1 (1, 3), 0 (2, 3): kernels 1/2, 0, 1/2.
X = np.array([[2.0, 0.0], [0.0, 3.0], [-1.0, 0.0]], "float32")


@pytest.mark.parametrize(
    ("diagonal", "expected"),
    [
        (True, [[2 / 3, 1 / 3, 0], [1 / 4, 1 / 2, 1 / 4], [0, 1 / 3, 2 / 3]]),
        (False, [[0, 1, 0], [1 / 2, 0, 1 / 2], [0, 1, 0]]),
    ],
)
def test_rows_are_probabilities(diagonal, expected):
    found = AffinityMatrix(diagonal)(X)
    np.testing.assert_allclose(found, expected, atol=1e-7)


@pytest.mark.parametrize("diagonal", [True, False])
@pytest.mark.parametrize("rows", [[0], [0, 2], [0, 0, 1]])
def test_is_finite_where_no_neighbour_is_left(diagonal, rows):
    for x in (X[rows], 1e-8 * X[rows], 0.0 * X[rows]):
        found = np.asarray(AffinityMatrix(diagonal)(x))
        assert np.all(np.isfinite(found))
        assert np.all(found >= 0)


@pytest.mark.parametrize("diagonal", [True, False])
def test_gradient_agrees_with_finite_differences(diagonal):
    transform = AffinityMatrix(diagonal, dtype="float64")
    weights = RANDOM.normal(size=(3, 3))
    assert_gradient(
        lambda x: transform(x) * weights, RANDOM.normal(size=(3, 4))
    )
