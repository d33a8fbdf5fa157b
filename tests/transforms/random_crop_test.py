import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import RandomCrop

IMAGES = np.arange(2 * 4 * 5, dtype="float32").reshape(2, 4, 5, 1)


def test_a_batch_is_cut_at_the_place_that_is_returned():
    crop = RandomCrop(1, seed=0)
    places = set()
    for _ in range(60):
        part, corners = (np.asarray(x) for x in crop(IMAGES))
        row, column = corners[0]
        np.testing.assert_array_equal(corners, [[row, column]] * 2)
        expected = IMAGES[:, row : row + 2, column : column + 3]
        np.testing.assert_array_equal(part, expected)
        places.add((int(row), int(column)))
    # 0, 1 or 2 of rows and of columns.
    assert len(places) == 9


def test_one_seed_gives_one_sequence():
    first, second = (RandomCrop(1, seed=5) for _ in range(2))
    for _ in range(2):
        for a, b in zip(first(IMAGES), second(IMAGES)):
            np.testing.assert_array_equal(a, b)


def test_it_is_the_middle_outside_training():
    part, corners = RandomCrop(1)(IMAGES, training=False)
    np.testing.assert_array_equal(part, IMAGES[:, 1:3, 1:4])
    np.testing.assert_array_equal(corners, [[1, 1], [1, 1]])


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="whole number >= 1"):
        RandomCrop(0)
    with pytest.raises(InputError, match="at least 5 pixels"):
        RandomCrop(2)(IMAGES)


def test_the_place_is_known_to_be_whole_numbers():
    part, place = RandomCrop(1)(keras.KerasTensor((None, 8, 6, 3)))
    assert part.shape == (None, 6, 4, 3)
    assert (place.shape, place.dtype) == ((None, 2), "int32")
