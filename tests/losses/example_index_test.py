import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses.example_index import checked_index


def test_numbers_become_one_int32_an_example():
    found = checked_index(np.array([[3], [0]], "int64"), 4, "memory")
    assert found.dtype == "int32"
    np.testing.assert_array_equal(found, [3, 0])


@pytest.mark.parametrize("index", [[0, 4], [-1, 2]])
def test_numbers_outside_are_our_error(index):
    with pytest.raises(InputError, match="'memory' needs indices in 0 to 3"):
        checked_index(np.array(index), 4, "memory")


def test_no_numbers_are_our_error():
    with pytest.raises(InputError, match="'memory' needs the stable number"):
        checked_index(None, 4, "memory")
