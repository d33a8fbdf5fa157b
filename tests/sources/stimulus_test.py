import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import as_stimulus


def test_colours_become_grey_by_their_mean():
    image = np.array([1.0, 2.0, 6.0]).reshape(1, 1, 1, 3)
    np.testing.assert_allclose(as_stimulus(image, (1, 1, 1)), [[[[3.0]]]])


def test_grey_is_repeated():
    image = np.full((1, 2, 2, 1), 5.0)
    found = as_stimulus(image, (2, 2, 3))
    np.testing.assert_array_equal(found, np.full((1, 2, 2, 3), 5.0))


def test_a_flat_image_stays_flat_at_another_size():
    found = as_stimulus(np.full((2, 12, 9, 1), 5.0), (4, 4, 1))
    np.testing.assert_allclose(found, np.full((2, 4, 4, 1), 5.0), rtol=1e-6)


def test_fine_stripes_average_when_an_image_shrinks():
    stripes = np.tile([0.0, 1.0], (1, 16, 8))[..., None]
    found = as_stimulus(stripes, (4, 4, 1))
    np.testing.assert_allclose(found, 0.5, atol=0.1)


def test_the_range_is_stretched_over_all_images():
    images = np.array([10.0, 30.0]).reshape(2, 1, 1, 1)
    found = as_stimulus(images, (1, 1, 1), low=-1.0, high=1.0)
    np.testing.assert_allclose(found.ravel(), [-1.0, 1.0])
    flat = as_stimulus(0 * images, (1, 1, 1), low=-1.0, high=1.0)
    np.testing.assert_array_equal(flat.ravel(), [-1.0, -1.0])


@pytest.mark.parametrize(
    ("shape", "target", "arguments", "match"),
    [
        ((1, 2, 2), (2, 2, 1), {}, "received shapes"),
        ((1, 2, 2, 4), (2, 2, 1), {}, "4 channels for 1"),
        ((1, 2, 2, 1), (2, 2, 1), {"low": 0.0}, "low < high"),
        ((1, 2, 2, 1), (2, 2, 1), {"low": 1.0, "high": 0.0}, "low < high"),
    ],
)
def test_what_is_no_image_is_our_error(shape, target, arguments, match):
    with pytest.raises(InputError, match=match):
        as_stimulus(np.zeros(shape), target, **arguments)


def test_images_of_one_value_become_the_lowest():
    for value in (0.0, 7.0):
        images = np.full((1, 2, 2, 1), value)
        found = as_stimulus(images, (2, 2, 1), low=1.0, high=255.0)
        np.testing.assert_array_equal(found, np.ones((1, 2, 2, 1)))
