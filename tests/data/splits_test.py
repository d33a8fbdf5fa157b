import numpy as np

from tfkd.data import splits


def example_ids(count):
    return [splits.example_id("data", str(i)) for i in range(count)]


def test_ids_depend_on_data_set_and_key():
    ids = {splits.example_id(d, k) for d in ("a", "b") for k in ("1", "2")}
    assert len(ids) == 4
    # sha256("a/1") begins so: ids must never change between versions.
    assert splits.example_id("a", "1") == "773232abe9343f0e"


def test_fractions_are_uniform_and_salts_are_independent():
    ids = example_ids(4000)
    first = splits.hash_fractions(ids, "one")
    second = splits.hash_fractions(ids, "two")
    assert first.min() >= 0
    assert first.max() < 1
    # Standard error of the mean of 4000 uniform values: 0.0046.
    assert abs(first.mean() - 0.5) < 0.02
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.06


def test_takes_the_same_examples_in_any_order():
    ids, labels = example_ids(100), np.arange(100) % 4
    mask = splits.take_fraction(ids, labels, range(100), 0.2, "eval")
    order = np.random.default_rng(0).permutation(100)
    shuffled = splits.take_fraction(
        [ids[i] for i in order], labels[order], order, 0.2, "eval"
    )
    assert set(np.flatnonzero(mask)) == set(order[shuffled])


def test_takes_the_fraction_of_every_class():
    labels = np.array([0] * 50 + [1] * 10 + [2] * 2 + [3])
    mask = splits.take_fraction(example_ids(63), labels, range(63), 0.2, "eval")
    # 0.2 of 50, 10 and 2, where 2 examples still give one, and 1 gives none.
    assert np.bincount(labels[mask], minlength=4).tolist() == [10, 2, 1, 0]


def test_copies_stay_together():
    labels, groups = [0] * 40, [i // 2 for i in range(40)]
    mask = splits.take_fraction(example_ids(40), labels, groups, 0.25, "eval")
    assert mask.sum() == 10
    assert (mask[0::2] == mask[1::2]).all()


def test_a_maximum_keeps_the_shares_of_the_classes():
    labels = np.array([0] * 60 + [1] * 30 + [2] * 10)
    mask = splits.take_at_most(example_ids(100), labels, 20, "max")
    # 20 % of 60, 30 and 10.
    assert np.bincount(labels[mask]).tolist() == [12, 6, 2]


def test_a_maximum_above_the_size_takes_all():
    assert splits.take_at_most(["a", "b"], [0, 1], 5, "max").all()
    assert splits.take_at_most(["a", "b"], [0, 1], None, "max").all()
