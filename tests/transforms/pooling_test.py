import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms.pooling import average_to


def test_multiples_are_plain_averages():
    x = np.arange(16, dtype="float32").reshape(1, 4, 4, 1)
    # the corner of 0, 1, 4, 5 averages to 2.5
    found = np.array(average_to(x, (2, 2)))[0, :, :, 0]
    np.testing.assert_allclose(found, [[2.5, 4.5], [10.5, 12.5]])


def test_windows_overlap_where_sizes_are_no_multiples():
    x = np.array([0, 3, 6], "float32").reshape(1, 3, 1, 1)
    # floor(0 * 3 / 2) to ceil(3 / 2): rows 0-1; then rows 1-2
    found = np.array(average_to(x, (2, 1))).ravel()
    np.testing.assert_allclose(found, [1.5, 4.5])


def test_the_same_size_is_left_alone():
    x = np.ones((1, 3, 3, 2), "float32")
    assert average_to(x, (3, 3)) is x


def test_smaller_maps_are_repeated():
    x = np.array([1, 2], "float32").reshape(1, 2, 1, 1)
    found = np.array(average_to(x, (4, 1))).ravel()
    np.testing.assert_allclose(found, [1, 1, 2, 2])


def test_an_unknown_size_is_our_error():
    with pytest.raises(InputError, match="known height and width"):
        average_to(keras.KerasTensor((None, None, None, 2)), (2, 2))
