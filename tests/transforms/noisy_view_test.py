import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import noisy_view

X = np.random.default_rng(0).normal(size=(4, 6, 6, 1)).astype("float32")


def test_images_are_moved_and_noisy_in_training_alone():
    view = noisy_view((None, 6, 6, 1), stddev=0.0)
    moved = np.array(view(X, training=True))
    assert not np.array_equal(moved, X)
    # Each row that is left in an image is one of the image's.
    assert set(np.unique(moved)) <= {0.0, *np.unique(X)}
    np.testing.assert_array_equal(view(X, training=False), X)
    noise = noisy_view((None, 6, 6, 1), stddev=1.0, pixels=0)
    assert np.abs(np.array(noise(X, training=True)) - X).min() > 0


def test_vectors_have_noise_alone():
    x = np.zeros((4, 3), "float32")
    view = noisy_view((None, 3), stddev=0.5, seed=1)
    found = np.array(view(x, training=True))
    assert np.all(found != 0)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="Images .* can be moved"):
        noisy_view((None, 3), stddev=0.1, pixels=2)
    with pytest.raises(InputError, match="stddev must be"):
        noisy_view((None, 3), stddev=-1.0)
