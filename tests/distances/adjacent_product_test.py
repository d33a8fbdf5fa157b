import numpy as np

from tests.gradients import assert_gradient
from tfkd.distances import AdjacentProduct

RANDOM = np.random.default_rng(0)


def test_multiplies_neighbouring_differences():
    teacher = np.zeros((3, 2), "float32")
    student = np.array([[1.0, -2.0], [3.0, 1.0], [-1.0, 2.0]], "float32")
    # 1 * 3 + 2 * 1 = 5 and 3 * 1 + 1 * 2 = 5, times 3 / 2; none for the last.
    found = AdjacentProduct().call(teacher, student)
    np.testing.assert_allclose(found, [7.5, 7.5, 0.0], rtol=1e-6)


def test_two_errors_that_are_no_neighbours_cost_nothing():
    teacher = np.zeros((3, 1), "float32")
    student = np.array([[5.0], [0.0], [5.0]], "float32")
    found = AdjacentProduct().call(teacher, student)
    np.testing.assert_array_equal(found, 0)


def test_gradient_agrees_with_finite_differences():
    teacher = RANDOM.normal(size=(4, 3))
    distance = AdjacentProduct(dtype="float64")
    assert_gradient(
        lambda s: distance.call(teacher, s), RANDOM.normal(size=(4, 3))
    )


def test_batches_of_one_are_told():
    # A `Distiller` refuses them: see `KDLoss.pairwise`.
    assert AdjacentProduct.pairwise
