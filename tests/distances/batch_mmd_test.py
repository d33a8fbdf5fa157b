import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd import distances
from tfkd.errors import InputError

T = np.array([[1.0, 2.0], [3.0, 0.0]], "float32")
S = np.array([[0.0, 1.0], [0.0, 5.0], [3.0, 0.0]], "float32")


def test_linear_is_the_distance_of_the_means():
    # Means (2, 1) and (1, 2): 1 + 1, for every example of the student.
    np.testing.assert_allclose(
        distances.BatchMMD().call(T, S), [2.0] * 3, rtol=1e-6
    )


def test_poly_compares_second_moments():
    def k(x, y):
        return np.mean((x @ y.T) ** 2)

    expected = k(T, T) + k(S, S) - 2 * k(T, S)
    np.testing.assert_allclose(
        distances.BatchMMD("poly").call(T, S), [expected] * 3, rtol=1e-5
    )


def test_the_order_of_examples_does_not_matter():
    distance = distances.BatchMMD("gaussian")
    np.testing.assert_allclose(
        distance.call(T, S), distance.call(T[::-1], S[[2, 0, 1]]), rtol=1e-5
    )


def test_gradient_is_that_of_finite_differences():
    distance = distances.BatchMMD(dtype="float64")
    assert_gradient(lambda s: distance.call(T.astype("float64"), s), S)


def test_features_must_be_as_many():
    with pytest.raises(InputError, match="equal features"):
        distances.BatchMMD().validate((None, 3), (None, 4))
