import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import SphereMoments
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def test_equator_and_poles():
    # |x|^2 = 1 lies on the equator, half way to the pole; 0 is the other
    # pole, at distance 1. Moments 1/2, 1/4 and 1/8 against 1, 1 and 1.
    teacher = np.array([[1.0, -1.0]], "float32")
    student = np.zeros((1, 3), "float32")
    found = SphereMoments(moments=3).call(teacher, student)
    np.testing.assert_allclose(found, [1 / 2 + 3 / 4 + 7 / 8], rtol=1e-6)


def test_is_the_geodesic_after_stereographic_projection():
    x = RANDOM.normal(size=(5, 4))
    scaled = x / 4**0.5
    square = np.sum(scaled**2, axis=1)
    # The last coordinate of P(x) is the cosine of the angle to the pole.
    angle = np.arccos((square - 1) / (square + 1)) / np.pi
    expected = abs(angle.mean() - 1) + abs((angle**2).mean() - 1)
    zeros = np.zeros((5, 7), "float32")
    found = SphereMoments(moments=2).call(zeros, x.astype("float32"))
    np.testing.assert_allclose(found, [expected] * 5, rtol=1e-6)


def test_maps_have_a_value_for_each_example():
    # Radii 1 (half way) and, averaged over two positions, 0 and 1.
    teacher = np.ones((2, 2, 1, 3), "float32")
    student = np.array([[1, 1], [0, 1]], "float32").reshape(2, 2, 1, 1)
    found = SphereMoments(moments=1).call(teacher, student)
    np.testing.assert_allclose(found, [0, 3 / 4 - 1 / 2], atol=1e-7)


def test_the_order_of_a_set_does_not_matter():
    x = RANDOM.normal(size=(5, 4)).astype("float32")
    found = SphereMoments().call(x, x[::-1].copy())
    np.testing.assert_allclose(found, 0, atol=1e-6)


@pytest.mark.parametrize("shape", [(4, 3), (2, 5, 3)])
def test_gradient_agrees_with_finite_differences(shape):
    teacher = RANDOM.normal(size=shape) + 1
    distance = SphereMoments(dtype="float64")
    assert_gradient(
        lambda s: distance.call(teacher, s), RANDOM.normal(size=shape)
    )


def test_rejects_mixed_ranks_and_no_moment():
    with pytest.raises(InputError, match="vectors with vectors or maps"):
        SphereMoments().validate((None, 3), (None, 2, 2, 3))
    with pytest.raises(InputError, match="whole number >= 1"):
        SphereMoments(moments=0)
