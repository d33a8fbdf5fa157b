import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import Position


def test_it_is_the_vector_at_the_position():
    x = np.arange(12, dtype="float32").reshape(2, 3, 2)
    np.testing.assert_array_equal(Position()(x), [[0, 1], [6, 7]])
    np.testing.assert_array_equal(Position(-1)(x), [[4, 5], [10, 11]])


def test_gradient():
    x = np.random.default_rng(0).normal(size=(2, 3, 2))
    part = Position(1, dtype="float64")
    assert_gradient(lambda t: part(t) ** 2, x)


@pytest.mark.parametrize(("index", "shape"), [(3, (3, 2)), (0, (2,))])
def test_other_taps_are_our_error(index, shape):
    with pytest.raises(InputError, match="long enough"):
        Position(index)(np.zeros((2, *shape), "float32"))


def test_round_trip():
    part = Position(2)
    assert Position.from_config(part.get_config()).index == 2
