import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import Rotations
from tfkd.transforms import StackedPart

X = np.random.default_rng(0).normal(size=(3, 4, 4, 2)).astype("float32")


def test_images_are_turned_by_right_angles():
    found = Rotations()(X)
    expected = [np.rot90(X, turns, axes=(1, 2)) for turns in range(4)]
    np.testing.assert_array_equal(found, np.concatenate(expected))


def test_parts_are_what_was_stacked():
    stacked = Rotations()(X)
    for turns in range(4):
        found = StackedPart(turns, 4)(stacked)
        expected = np.rot90(X, turns, axes=(1, 2))
        np.testing.assert_array_equal(found, expected)


def test_round_trip():
    part = StackedPart(1, 4)
    again = StackedPart.from_config(part.get_config())
    assert (again.index, again.count) == (1, 4)


@pytest.mark.parametrize("shape", [(2, 4, 5, 1), (2, 4)])
def test_what_is_no_square_is_our_error(shape):
    with pytest.raises(InputError, match="Square images"):
        Rotations()(np.zeros(shape, "float32"))
