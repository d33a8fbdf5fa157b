import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import HuberDistance
from tfkd.errors import InputError


def test_is_squared_near_and_absolute_far():
    # 0.5^2 / 2 = 0.125 and 3 - 1/2 = 2.5.
    teacher = np.zeros((2, 2), "float32")
    student = np.array([[0.5, -3.0], [1.0, 0.0]], "float32")
    found = HuberDistance().call(teacher, student)
    np.testing.assert_allclose(found, [2.625 / 2, 0.5 / 2], rtol=1e-6)


def test_delta_moves_the_border():
    # 2 (3 - 2 / 2) = 4 beyond 2.
    found = HuberDistance(2.0).call(np.array([[3.0]]), np.array([[0.0]]))
    np.testing.assert_allclose(found, [4.0], rtol=1e-6)


def test_gradient_agrees_with_finite_differences():
    distance = HuberDistance(dtype="float64")
    teacher = np.zeros((2, 3))
    student = np.array([[0.3, -0.8, 2.0], [-4.0, 0.1, 1.5]])
    assert_gradient(lambda s: distance.call(teacher, s), student)


def test_rejects_a_border_at_zero():
    with pytest.raises(InputError, match="delta must be > 0"):
        HuberDistance(0.0)
