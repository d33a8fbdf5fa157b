import numpy as np
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.transforms.census import census
from tfkd.transforms.census import census_difference

IMAGES = np.random.default_rng(0).uniform(0, 1, (2, 4, 5, 3)).astype("float32")


def signs(image, row, column):
    """Of the nine pixels around one, written out."""
    gray = 255 * image.mean(-1)
    window = gray[row - 1 : row + 2, column - 1 : column + 2]
    d = window.ravel() - gray[row, column]
    return d / np.sqrt(0.81 + d**2)


def test_every_window_of_nine_pixels():
    found = np.asarray(census(IMAGES, 3))
    assert found.shape == (2, 2, 3, 9)
    for n, row, column in np.ndindex(2, 2, 3):
        expected = signs(IMAGES[n], row + 1, column + 1)
        np.testing.assert_allclose(
            found[n, row, column], expected, rtol=1e-4, atol=1e-4
        )


def test_difference_counts_neighbours_on_the_other_side():
    found = np.asarray(census_difference(IMAGES, 1 - IMAGES, 3))
    assert found.shape == (2, 2, 3, 1)
    gap = (signs(IMAGES[1], 2, 3) - signs(1 - IMAGES[1], 2, 3)) ** 2
    np.testing.assert_allclose(
        found[1, 1, 2, 0], np.sum(gap / (0.1 + gap)), rtol=1e-4
    )
    # Eight neighbours, each as much as a distance of 2 counts.
    assert 7 < found[1, 1, 2, 0] <= 8 * 4 / 4.1 + 1e-4


def test_brightness_does_not_matter():
    found = census_difference(IMAGES, IMAGES / 2 + 0.1, 3)
    assert np.mean(found) < 0.2
    assert np.mean(np.abs(IMAGES / 2 - 0.1)) > 0.1


def test_gradient_reaches_both_images():
    # Differences of about one gray level, where signs are not yet sure.
    first, second = np.random.default_rng(1).uniform(0, 0.01, (2, 1, 4, 4, 1))
    second = tf.constant(second)
    assert_gradient(
        lambda x: census_difference(x, second, 3)[..., 0], first, rtol=1e-4
    )
