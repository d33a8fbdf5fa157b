import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import ScaledView

X = np.random.default_rng(0).normal(size=(2, 5, 4, 3)).astype("float32")


def test_mirrors_left_to_right():
    np.testing.assert_array_equal(ScaledView(mirror=True)(X), X[:, :, ::-1])
    np.testing.assert_array_equal(ScaledView()(X), X)


def test_enlarges_about_the_centre():
    # Of 0, 1, 2, 3, 4 at twice the size: 1, 1.5, 2, 2.5, 3.
    row = np.arange(5, dtype="float32")
    x = np.broadcast_to(row[None, None, :, None], (1, 5, 5, 1))
    found = np.array(ScaledView(2.0)(x))
    np.testing.assert_allclose(found[0, 2, :, 0], [1, 1.5, 2, 2.5, 3])


def test_zeros_come_in_where_it_shrinks():
    # At half the size, places 0 and 4 show places -2 and 6.
    found = np.array(ScaledView(0.5)(np.ones((1, 5, 5, 1), "float32")))
    np.testing.assert_allclose(found[0, 2, :, 0], [0, 1, 1, 1, 0])


def test_round_trip():
    again = ScaledView.from_config(ScaledView(0.5, True).get_config())
    assert (again.scale, again.mirror) == (0.5, True)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="scale must be a finite"):
        ScaledView(0.0)
    with pytest.raises(InputError, match="can be scaled"):
        ScaledView()(np.zeros((2, 3), "float32"))
