import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.tasks import motion


def test_images_are_shifted():
    image = np.zeros((5, 5))
    image[1, 2] = 1.0
    found = motion.moved(image, (2, -1, 0.0))
    expected = np.zeros((5, 5))
    expected[3, 1] = 1.0
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_images_are_turned_around_their_middle():
    image = np.zeros((5, 5))
    image[0, 2] = 1.0
    # (-2, 0) from the middle becomes (-2 cos, -2 sin) = (0, -2).
    found = motion.moved(image, (0, 0, np.pi / 2))
    expected = np.zeros((5, 5))
    expected[2, 0] = 1.0
    np.testing.assert_allclose(found, expected, atol=1e-9)


def test_pairs_are_a_digit_before_and_after_its_motion():
    images, motions = motion.data(5, seed=3)
    assert images.shape == (5, 12, 12, 2)
    assert motions.shape == (5, 3)
    assert np.abs(motions).max() <= 1
    for image, share in zip(images, motions):
        expected = motion.moved(image[..., 0], share * motion.LARGEST)
        np.testing.assert_allclose(image[..., 1], expected, atol=1e-4)
    again, _ = motion.data(5, seed=3)
    np.testing.assert_array_equal(images, again)
    other, _ = motion.data(5, seed=3, split="test")
    assert np.abs(images - other).max() > 1


def test_the_model_answers_three_numbers():
    model = motion.model(filters=(2, 3, 4), dense=(5,))
    images, motions = motion.data(3)
    outputs = model.predict(images, verbose=0)
    assert outputs.shape == (3, 3)
    expected = np.mean((outputs - motions) ** 2)
    np.testing.assert_allclose(motion.loss()(motions, outputs), expected, 1e-5)
    (metric,) = motion.metrics()
    metric.update_state(motions, outputs)
    expected = np.mean(np.abs(outputs - motions))
    np.testing.assert_allclose(metric.result(), expected, rtol=1e-5)


def test_rejects_another_split():
    with pytest.raises(InputError, match="split of the digits"):
        motion.data(1, split="valid")
