import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import multi_shots


def images(count, channels=1):
    """Every image is full of its own number."""
    x = np.arange(count, dtype="float32")[:, None, None, None]
    return np.broadcast_to(x, (count, 2, 2, channels))


def test_an_image_comes_first_and_then_others_of_its_class():
    y = np.array([0, 1, 0, 1, 0, 1])
    shots = multi_shots(images(6), y, 3)
    assert shots.shape == (6, 2, 2, 3)
    for example, row in enumerate(shots[:, 0, 0]):
        assert row[0] == example
        assert len(set(row)) == 3
        assert set(y[row.astype(int)]) == {y[example]}


def test_channels_of_a_shot_stay_together():
    x = images(2, 2) + np.float32([0, 0.5])
    shots = multi_shots(x, np.array([4, 4]), 2)
    np.testing.assert_array_equal(shots[0, 0, 0], [0, 0.5, 1, 1.5])


def test_a_class_with_too_few_repeats_itself():
    shots = multi_shots(images(3), np.array([0, 0, 7]), 3)
    np.testing.assert_array_equal(
        shots[:, 0, 0], [[0, 1, 0], [1, 0, 1], [2] * 3]
    )


def test_a_seed_repeats():
    y = np.zeros(9, int)
    first, again, other = (
        multi_shots(images(9), y, 4, seed) for seed in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize(
    ("labels", "shots", "match"),
    [
        ([0, -1], 2, "class >= 0 each"),
        ([0], 2, "class >= 0 each"),
        ([0, 0], 0, "shots must be"),
    ],
)
def test_mistakes_are_our_errors(labels, shots, match):
    with pytest.raises(InputError, match=match):
        multi_shots(images(2), np.array(labels), shots)
