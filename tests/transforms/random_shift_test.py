import numpy as np
import pytest

from tfkd import transforms
from tfkd.errors import InputError

IMAGES = np.arange(1, 2 * 3 * 4 * 2 + 1, dtype="float32").reshape(2, 3, 4, 2)


def moved(image, down, right, mirrored):
    """One image moved by whole pixels, zeros coming in."""
    if mirrored:
        image = image[:, ::-1]
    padded = np.pad(image, ((1, 1), (1, 1), (0, 0)))
    height, width, _ = image.shape
    return padded[1 - down :, 1 - right :][:height, :width]


def test_every_result_is_the_image_moved_and_mirrored():
    transform = transforms.RandomShift(pixels=1, seed=3)
    seen = set()
    for _ in range(40):
        for image, found in zip(IMAGES, transform(IMAGES).numpy()):
            fits = [
                (down, right, mirrored)
                for down in (-1, 0, 1)
                for right in (-1, 0, 1)
                for mirrored in (False, True)
                if np.array_equal(moved(image, down, right, mirrored), found)
            ]
            assert len(fits) == 1
            seen.add(fits[0])
    # Of 18 cases, in 80 draws.
    assert len(seen) > 14


def test_digits_need_not_be_mirrored():
    transform = transforms.RandomShift(pixels=0, mirror=False)
    np.testing.assert_array_equal(transform(IMAGES), IMAGES)


def test_nothing_moves_outside_training():
    transform = transforms.RandomShift(pixels=2)
    np.testing.assert_array_equal(transform(IMAGES, training=False), IMAGES)


def test_one_seed_gives_one_sequence():
    first, second = (transforms.RandomShift(seed=5) for _ in range(2))
    for _ in range(2):
        np.testing.assert_array_equal(first(IMAGES), second(IMAGES))


def test_rejects_part_of_a_pixel_and_what_is_no_image():
    with pytest.raises(InputError, match="whole number >= 0"):
        transforms.RandomShift(pixels=0.5)
    with pytest.raises(InputError, match="of known size"):
        transforms.RandomShift()(np.zeros((2, 5), "float32"))
