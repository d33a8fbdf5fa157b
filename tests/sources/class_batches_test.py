import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import ClassBatches

X = np.arange(12)
# Five of class 0, four of class 1, one of class 2, two unlabelled.
Y = np.array([0, 0, 0, 0, 0, 1, 1, 1, 1, 2, -1, -1])


def batch(number=0, **arguments):
    arguments = {"classes": 2, "per_class": 3, **arguments}
    return ClassBatches(X, Y, **arguments)[number]


def test_every_class_of_a_batch_has_as_many_examples():
    for number in range(5):
        x, y = batch(number)
        np.testing.assert_array_equal(Y[x], y)
        assert np.unique(y, return_counts=True)[1].tolist() == [3, 3]


def test_only_a_class_with_fewer_repeats_its_examples():
    x, y = batch(classes=3)
    assert x[y == 2].tolist() == [9, 9, 9]
    for label in (0, 1):
        assert len(set(x[y == label])) == 3


def test_unlabelled_examples_fill_the_batch_up():
    x, y = batch(unlabelled=2)
    assert sorted(x[y == -1]) == [10, 11]
    assert len(y) == 8
    assert np.all(batch()[1] >= 0)


def test_epochs_and_seeds_draw_others_and_repeat():
    drawn = []
    for seed in (0, 0, 1):
        batches = ClassBatches(X, Y, classes=2, per_class=3, seed=seed)
        first = batches[0][0].tolist()
        batches.on_epoch_end()
        drawn.append((first, batches[0][0].tolist()))
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert drawn[0][0] != drawn[0][1]


def test_an_epoch_draws_as_many_as_have_labels():
    assert len(ClassBatches(X, Y, classes=3, per_class=1)) == 3
    assert len(ClassBatches(X, Y, classes=3, per_class=9)) == 1
    assert len(ClassBatches(X, Y, classes=3, batches=7)) == 7


def test_views_are_drawn_together():
    views = {"student": X, "index": X + 100}
    x, _ = ClassBatches(views, Y, classes=2)[0]
    np.testing.assert_array_equal(x["student"] + 100, x["index"])


def test_groups_are_drawn_by_in_place_of_labels():
    groups = X // 6
    x, y = ClassBatches(X, Y, groups=groups, classes=2, per_class=5)[0]
    assert np.unique(groups[x], return_counts=True)[1].tolist() == [5, 5]
    np.testing.assert_array_equal(Y[x], y)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"groups": X[:5]}, "received 5 groups for 12 examples"),
        ({"classes": 4}, "1 to 3 classes"),
        ({"per_class": 0}, "per_class and batches >= 1"),
        ({"batches": 0}, "per_class and batches >= 1"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        batch(**wrong)


def test_rejects_unlabelled_ones_where_there_are_none():
    with pytest.raises(InputError, match="label -1 where unlabelled > 0"):
        ClassBatches(X[:10], Y[:10], classes=2, unlabelled=1)


def test_labels_are_one_whole_number_an_example():
    x, y = ClassBatches(X, Y[:, None], classes=2)[0]
    np.testing.assert_array_equal(Y[x], y)
    for wrong in (np.eye(3)[Y], Y[:5]):
        with pytest.raises(InputError, match="one for each of 12 examples"):
            ClassBatches(X, wrong, classes=2)
    with pytest.raises(InputError, match="views of the same"):
        ClassBatches({"student": X, "index": X[:5]}, Y, classes=2)
