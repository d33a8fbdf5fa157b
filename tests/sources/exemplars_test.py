import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import Exemplars
from tfkd.sources import balanced_split
from tfkd.sources import herd
from tfkd.sources.exemplars import balanced_herd


def test_herding_follows_the_mean():
    # Unit rows at 0, 90 and 45 degrees; their mean points to 45 degrees with
    # length (sqrt(2) + 1) / 3 = 0.80. Nearest: 45 degrees (off by 0.20; the
    # others by 0.70). Then with 0 or 90 degrees the mean is as near: the
    # first is taken, and the last is left.
    features = [[2.0, 0.0], [0.0, 5.0], [1.0, 1.0]]
    assert herd(features, 3).tolist() == [2, 0, 1]
    assert herd(features, 1).tolist() == [2]


def test_no_example_is_chosen_twice():
    assert sorted(herd(np.ones((4, 2)), 9).tolist()) == [0, 1, 2, 3]


def test_rows_of_zeros_are_no_error():
    assert len(herd(np.zeros((3, 2)), 2)) == 2


def test_old_classes_are_cut_to_their_best():
    x = np.arange(8)
    features = np.random.default_rng(0).normal(size=(8, 3))
    exemplars = Exemplars(6)
    exemplars.add(x, np.repeat([0, 1], 4), features)
    before, y = exemplars.arrays()
    assert y.tolist() == [0, 0, 0, 1, 1, 1]
    exemplars.add(x + 8, np.full(8, 2), features)
    after, y = exemplars.arrays()
    assert y.tolist() == [0, 0, 1, 1, 2, 2]
    assert after[:4].tolist() == [*before[:2], *before[3:5]]
    assert exemplars.classes == [0, 1, 2]


def test_split_is_balanced_and_loses_nothing():
    y = np.array([0] * 10 + [1] * 40)
    rest, validation = balanced_split(np.arange(50), y, fraction=0.2)
    assert np.bincount(validation[1]).tolist() == [2, 2]
    assert sorted([*rest[0], *validation[0]]) == list(range(50))
    again, _ = balanced_split(np.arange(50), y, fraction=0.2)
    np.testing.assert_array_equal(rest[0], again[0])


def test_rejects_a_budget_of_none():
    with pytest.raises(InputError, match="budget must be"):
        Exemplars(0)


def test_rejects_a_budget_below_the_classes():
    with pytest.raises(InputError, match="less than one for each of 2"):
        Exemplars(1).add(np.arange(2), np.arange(2), np.ones((2, 1)))


def test_rejects_a_class_that_is_stored():
    exemplars = Exemplars(2)
    exemplars.add(np.arange(2), np.zeros(2), np.ones((2, 1)))
    with pytest.raises(InputError, match="stored already"):
        exemplars.add(np.arange(2), np.zeros(2), np.ones((2, 1)))


def test_rejects_other_lengths():
    with pytest.raises(InputError, match="one for each of 2 examples"):
        Exemplars(2).add(np.arange(2), np.zeros(3), np.ones((2, 1)))


def test_rejects_reading_nothing():
    with pytest.raises(InputError, match="No exemplar is stored"):
        Exemplars(2).arrays()


def test_rejects_other_fractions():
    with pytest.raises(InputError, match="fraction must be in"):
        balanced_split(np.arange(4), np.arange(4) % 2, fraction=1.0)


def test_rejects_a_class_of_one():
    with pytest.raises(InputError, match="at least 2 examples"):
        balanced_split(np.arange(3), np.array([0, 0, 1]))


def test_a_balanced_herd_has_as_many_of_every_class():
    y = np.array([0] * 5 + [1] * 2 + [2] * 3)
    features = np.random.default_rng(0).normal(size=(10, 4))
    rows = balanced_herd(features, y)
    assert sorted(y[rows].tolist()) == [0, 0, 1, 1, 2, 2]
    assert len(set(rows.tolist())) == 6


def test_labels_are_classes():
    x, features = np.arange(6), np.ones((6, 2))
    y = np.arange(6) % 2
    exemplars = Exemplars(4)
    exemplars.add(x, y[:, None], features)
    assert exemplars.classes == [0, 1]
    (_, rest), (_, split) = balanced_split(x, y[:, None], fraction=0.5)
    assert (rest.shape, split.shape) == ((4, 1), (2, 1))
    for wrong, message in ((np.eye(2)[y], "argmax"), (y - 1, "received -1")):
        with pytest.raises(InputError, match=message):
            Exemplars(4).add(x, wrong, features)
        with pytest.raises(InputError, match=message):
            balanced_split(x, wrong)
    with pytest.raises(InputError, match="one row of features"):
        Exemplars(4).add(x, y, features[:3])
