import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import balanced_pseudo_labels

# Four of class 0, two of class 1, one of class 2 that is not sure.
P = np.array(
    [
        [0.6, 0.3, 0.1],
        [0.1, 0.8, 0.1],
        [0.9, 0.1, 0.0],
        [0.7, 0.2, 0.1],
        [0.2, 0.7, 0.1],
        [0.3, 0.3, 0.4],
        [0.5, 0.2, 0.3],
    ]
)


def test_a_common_class_gives_its_surest_and_a_rare_one_duplicates():
    rows = balanced_pseudo_labels(P, per_class=3, threshold=0.5)
    assert sorted(rows[:3]) == [0, 2, 3]
    # Both twice would be four: one of them is taken once more.
    counts = np.bincount(rows[3:], minlength=7)
    assert sorted(counts[[1, 4]]) == [1, 2]
    # Class 2 has no sure example.
    assert len(rows) == 6


def test_without_a_threshold_every_class_has_as_many():
    rows = balanced_pseudo_labels(P, per_class=4, threshold=0.0)
    assert np.bincount(P[rows].argmax(axis=1)).tolist() == [4, 4, 4]
    assert np.sum(rows == 5) == 4


def test_the_draw_has_a_seed():
    draws = [
        balanced_pseudo_labels(P, per_class=3, seed=seed).tolist()
        for seed in (0, 0, *range(1, 9))
    ]
    assert draws[0] == draws[1]
    assert any(draw != draws[0] for draw in draws[2:])


def test_nobody_may_be_sure():
    assert len(balanced_pseudo_labels(P, per_class=3, threshold=0.95)) == 0


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="whose rows sum to 1"):
        balanced_pseudo_labels(5 * P, per_class=3)
    with pytest.raises(InputError, match="per_class must be"):
        balanced_pseudo_labels(P, per_class=0)
    with pytest.raises(InputError, match="threshold must be"):
        balanced_pseudo_labels(P, per_class=1, threshold=1.0)


def test_a_whole_number_may_be_a_float():
    rows = balanced_pseudo_labels(np.eye(2), per_class=2.0)
    assert rows.tolist() == [0, 0, 1, 1]
