import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import munge

# Two pairs of neighbours, far from each other.
X = np.array([[0.0, 0.0], [1.0, 2.0], [100.0, 50.0], [101.0, 51.0]])


def test_without_swaps_the_examples_stay():
    np.testing.assert_array_equal(munge(X, copies=2, swap=0.0), [*X, *X])


def test_sharp_swaps_exchange_neighbours():
    # Example 0 changes places with 1, then 1 with 0: all as before.
    found = munge(X, swap=1.0, sharpness=1e8)
    np.testing.assert_allclose(found, X, atol=1e-4)
    # Of three, 2 is nearest to 1: (0, 1), (1, 0), (2, 1) in this order.
    found = munge([[0.0], [1.0], [3.0]], swap=1.0, sharpness=1e8)
    np.testing.assert_allclose(found[:, 0], [0.0, 3.0, 1.0], atol=1e-4)


def test_half_of_the_elements_change():
    x = np.stack([np.zeros(10000), np.ones(10000)])
    found = munge(x, swap=0.5, sharpness=1e8)
    # Two visits: an element is exchanged in one of them with p = 1/2.
    np.testing.assert_allclose(found.sum(axis=0), 1.0, atol=1e-4)
    np.testing.assert_allclose(found[0].mean(), 0.5, atol=0.02)


def test_the_deviation_is_the_distance_over_the_sharpness():
    x = np.stack([np.zeros(20000), np.full(20000, 2.0)])
    found = munge(x, swap=1.0, sharpness=4.0, seed=1)
    # First visit: N(2, 1/2) and N(0, 1/2). The second exchanges them, with
    # deviation |2 + n/2 - n'/2| / 4, whose mean square is (4 + 1/2) / 16.
    deviation = np.sqrt(1 / 4 + 4.5 / 16)
    np.testing.assert_allclose(found.mean(axis=1), [0.0, 2.0], atol=0.03)
    np.testing.assert_allclose(found.std(axis=1), deviation, rtol=0.03)


def test_images_keep_their_shape_and_a_seed_repeats():
    images = np.random.default_rng(0).normal(size=(5, 4, 4, 3))
    first = munge(images, copies=3, seed=7)
    assert first.shape == (15, 4, 4, 3)
    assert first.dtype == "float32"
    np.testing.assert_array_equal(first, munge(images, copies=3, seed=7))
    assert not np.array_equal(first, munge(images, copies=3, seed=8))


def test_neighbours_are_found_over_several_blocks(monkeypatch):
    whole = munge(np.arange(7.0)[:, None] ** 2, seed=0)
    monkeypatch.setitem(munge.__globals__, "_ROWS", 2)
    blocks = munge(np.arange(7.0)[:, None] ** 2, seed=0)
    np.testing.assert_array_equal(whole, blocks)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"inputs": X[:1]}, "at least 2 examples"),
        ({"copies": 0}, "copies=0"),
        ({"swap": 1.5}, "probability in"),
        ({"sharpness": 0.0}, "sharpness > 0"),
    ],
)
def test_bad_arguments_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        munge(**{"inputs": X, **arguments})
