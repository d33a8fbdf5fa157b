import numpy as np
import pytest

from tfkd.compression.data import calibration_data
from tfkd.errors import InputError

IDS = np.array([f"id-{i}" for i in range(50)])
IMAGES = np.arange(50, dtype=np.float32).reshape(50, 1, 1, 1)
RANGE = (0, 49)


def test_the_pick_depends_on_ids_alone():
    order = np.random.default_rng(0).permutation(50)
    first = calibration_data(IDS, IMAGES, 20, RANGE)
    second = calibration_data(IDS[order], IMAGES[order], 20, RANGE)
    np.testing.assert_array_equal(first.example_ids, second.example_ids)
    np.testing.assert_array_equal(first.images, second.images)
    np.testing.assert_array_equal(
        IDS[first.images.ravel().astype(int)], first.example_ids
    )


def test_a_larger_pick_only_adds():
    small = calibration_data(IDS, IMAGES, 20, RANGE).example_ids
    large = calibration_data(IDS, IMAGES, 30, RANGE).example_ids
    np.testing.assert_array_equal(small, large[:20])
    assert list(small) != list(IDS[:20])


def test_all_images_are_taken_where_there_are_fewer():
    assert len(calibration_data(IDS, IMAGES, 80, RANGE).images) == 50


def test_a_count_below_one_is_refused():
    with pytest.raises(InputError, match="must be at least 1, received 0"):
        calibration_data(IDS, IMAGES, 0, RANGE)


def test_an_empty_split_is_refused():
    with pytest.raises(InputError, match="at least one calibration image"):
        calibration_data(IDS[:0], IMAGES[:0], 5, RANGE)


def test_images_unlike_the_training_data_are_refused():
    with pytest.raises(InputError, match="must be raw pixels"):
        calibration_data(IDS, IMAGES / 49, 50, (0, 255))
