import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.training.order import choose_labelled
from tfkd.training.order import epoch_order
from tfkd.training.order import replica_order
from tfkd.training.order import rows_of

IDS = np.array([f"id{number}" for number in range(60)])
# 30, 20 and 10 examples of three classes.
LABELS = np.repeat([0, 1, 2], [30, 20, 10])


def test_an_epoch_visits_each_example_once():
    assert sorted(epoch_order(10, seed=3, epoch=2)) == list(range(10))


def test_order_depends_on_seed_and_epoch_alone():
    first = epoch_order(50, seed=1, epoch=4)
    assert np.array_equal(first, epoch_order(50, seed=1, epoch=4))
    assert not np.array_equal(first, epoch_order(50, seed=1, epoch=5))
    assert not np.array_equal(first, epoch_order(50, seed=2, epoch=4))


def test_replicas_share_every_batch():
    # Batches 0 to 3, 4 to 7, and 8 to 10: too few, so that 8 comes again.
    order = np.arange(11)
    first = replica_order(order, 4, 2, range(1))
    second = replica_order(order, 4, 2, range(1, 2))
    assert list(first) == [0, 1, 4, 5, 8, 9]
    assert list(second) == [2, 3, 6, 7, 10, 8]
    both = replica_order(order, 4, 2, range(2))
    assert list(both) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 8]


def test_one_replica_sees_the_whole_epoch():
    order = epoch_order(11, seed=0, epoch=0)
    assert np.array_equal(replica_order(order, 4, 1, range(1)), order)


def test_a_longer_epoch_cycles_evenly():
    order = epoch_order(4, seed=0, epoch=0, length=10)
    assert len(order) == 10
    assert sorted(order[:4]) == sorted(order[4:8]) == [0, 1, 2, 3]


def test_labelled_examples_are_proportional_to_their_class():
    chosen = choose_labelled(IDS, LABELS, 12, seed=0)
    assert np.bincount(LABELS[chosen]).tolist() == [6, 4, 2]


def test_every_class_keeps_a_label():
    chosen = choose_labelled(IDS, LABELS, 3, seed=0)
    assert sorted(LABELS[chosen]) == [0, 1, 2]


def test_labelled_examples_follow_ids_and_not_positions():
    chosen = set(IDS[choose_labelled(IDS, LABELS, 12, seed=0)])
    mixed = np.random.default_rng(0).permutation(60)
    again = choose_labelled(IDS[mixed], LABELS[mixed], 12, seed=0)
    assert set(IDS[mixed][again]) == chosen
    other = choose_labelled(IDS, LABELS, 12, seed=1)
    assert set(IDS[other]) != chosen


def test_all_labels_are_kept_without_a_number():
    assert choose_labelled(IDS, LABELS, None, seed=0).all()


@pytest.mark.parametrize("count", [2, 61])
def test_refuses_too_few_and_too_many_labels(count):
    with pytest.raises(InputError, match=rf"\(3\).*\(60\), received {count}"):
        choose_labelled(IDS, LABELS, count, seed=0)


def test_rows_are_found_by_id():
    available = np.array(["a", "b", "c"])
    assert rows_of(np.array(["c", "a"]), available).tolist() == [2, 0]


@pytest.mark.parametrize(
    ("wanted", "available", "message"),
    [
        (["a", "x"], ["a", "b"], "1 of 2 are missing .*'x'.* 0 are repeated"),
        (["a"], ["a", "a"], "0 of 1 are missing .* 1 are repeated"),
    ],
)
def test_refuses_missing_and_repeated_ids(wanted, available, message):
    with pytest.raises(InputError, match=message):
        rows_of(np.array(wanted), np.array(available))
