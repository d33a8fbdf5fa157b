import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import twelve_views

X = np.random.default_rng(0).uniform(0, 255, (5, 6, 6, 3)).astype("float32")
Y = np.arange(5)


def views(**arguments):
    x, y = twelve_views(X, Y, value_range=(0, 255), **arguments)
    np.testing.assert_array_equal(y, np.repeat(Y, len(y) // 5))
    return x.reshape(5, -1, *X.shape[1:])


def test_the_first_three_are_plain_brighter_and_of_other_contrast():
    found = views()
    np.testing.assert_array_equal(found[:, 0], X)
    # One number for the whole image, where nothing is cut off.
    inside = (found[:, 1] > 0) & (found[:, 1] < 255)
    for image, view, rows in zip(X, found[:, 1], inside):
        gap = (view - image)[rows]
        np.testing.assert_allclose(gap, gap[0], atol=1e-3)
        assert 0 < abs(gap[0]) <= 63
    mean = X.mean(axis=(1, 2), keepdims=True)
    inside = (found[:, 2] > 0) & (found[:, 2] < 255)
    inside &= np.abs(X - mean) > 5
    for image, view, m, rows in zip(X, found[:, 2], mean, inside):
        factor = ((view - m) / (image - m))[rows]
        np.testing.assert_allclose(factor, factor[0], rtol=1e-3)
        assert 0.2 <= factor[0] <= 1.8


def test_the_next_three_are_shifted_and_the_last_six_mirrored():
    found = views(pixels=2)
    padded = np.pad(found[:, :3], [(0, 0), (0, 0), (2, 2), (2, 2), (0, 0)])
    shifts = set()
    for example in range(5):
        for view in range(3):
            places = [
                (row, column)
                for row in range(5)
                for column in range(5)
                if np.array_equal(
                    padded[example, view, row : row + 6, column : column + 6],
                    found[example, 3 + view],
                )
            ]
            assert len(places) == 1
            shifts.add(places[0])
    assert len(shifts) > 5
    np.testing.assert_array_equal(found[:, 6:], found[:, :6, :, ::-1])


def test_digits_are_not_mirrored_and_whole_numbers_stay_whole():
    assert views(mirror=False).shape[1] == 6
    x, _ = twelve_views(X.astype("uint8"), Y, value_range=(0, 255))
    assert x.dtype == np.uint8
    np.testing.assert_array_equal(x[::12], X.astype("uint8"))


def test_draws_have_a_seed():
    np.testing.assert_array_equal(views(seed=3), views(seed=3))
    assert not np.array_equal(views(seed=3), views(seed=4))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="images .examples"):
        twelve_views(X[0], Y, value_range=(0, 1))
    with pytest.raises(InputError, match=r"value_range \(low, high\)"):
        twelve_views(X, Y, value_range=(1, 1))
