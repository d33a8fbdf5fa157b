import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.report.diagnosis import examples

X = np.arange(12.0).reshape(6, 2)
Y = np.array([0, 1, 2, 0, 1, 2])


class Dataset:
    """As much of a `tf.data.Dataset` as is read."""

    def __init__(self, *batches):
        self.batches = batches
        self.read = 0

    def as_numpy_iterator(self):
        for batch in self.batches:
            self.read += 1
            yield batch


def test_arrays_are_read_whole_up_to_the_limit():
    found = examples.read((X, Y), "data", 10)
    assert found.row(5) == 5
    np.testing.assert_array_equal(found.x, X)
    np.testing.assert_array_equal(found.y, Y)
    assert found.x.dtype == np.float32


def test_above_the_limit_the_same_examples_are_drawn_each_time():
    first, second = (examples.read((X, Y), "data", 3) for _ in range(2))
    assert len(first.x) == 3
    np.testing.assert_array_equal(first.x, second.x)
    rows = (first.x[:, 0] / 2).astype(int)
    np.testing.assert_array_equal(first.y, Y[rows])
    assert [first.row(number) for number in range(3)] == list(rows)


def test_of_a_dataset_examples_are_drawn_from_the_whole_of_it():
    x = np.arange(200.0).reshape(100, 2)
    y = np.arange(100) // 10
    batches = [(x[i : i + 8], y[i : i + 8]) for i in range(0, 100, 8)]
    first, second = (
        examples.read(Dataset(*batches), "data", 40) for _ in range(2)
    )
    np.testing.assert_array_equal(first.x, second.x)
    rows = (first.x[:, 0] / 2).astype(int)
    assert len(set(rows)) == 40
    assert list(rows) == sorted(rows)
    np.testing.assert_array_equal(first.y, y[rows])
    assert [first.row(number) for number in range(40)] == list(rows)
    # Sorted by class: the first 40 would be of four classes.
    assert set(first.y) == set(range(10))


def test_labels_are_counted_before_examples_are_drawn():
    y = np.array([0, -1, 2, 0, 1, 2])
    for data in ((X, y), Dataset((X[:4], y[:4]), (X[4:], y[4:]))):
        found = examples.read(data, "train", 3)
        assert len(found.x) == 3
        assert found.counts == (5, 1)


def test_empty_batches_are_passed_over():
    found = examples.read(Dataset((X[:0], Y[:0]), (X, Y)), "data", 9)
    np.testing.assert_array_equal(found.y, Y)


def test_an_endless_dataset_is_left_and_its_labels_not_counted(monkeypatch):
    monkeypatch.setattr(examples, "MOST", 12)
    dataset = Dataset(*[(X, Y)] * 9)
    found = examples.read(dataset, "data", 8)
    assert len(found.x) == len(found.y) == 8
    assert found.counts is None
    assert dataset.read == 3


def test_examples_alone_have_no_labels():
    assert not examples.read(X, "data", 9).labelled.any()
    assert not examples.read(Dataset(X), "data", 9).labelled.any()


@pytest.mark.parametrize(
    "y",
    [
        np.eye(3)[[0, 2]],
        np.array([[0], [2]]),
        np.array([0.0, 2.0]),
        [0, 2],
        np.array([0, 2], np.uint8),
        np.array([[0], [2]], np.uint64),
        np.array([[0.9, 0.05, 0.05], [0.1, 0.1, 0.8]], np.float32),
    ],
)
def test_labels_may_be_one_hot_columns_or_floats(y):
    np.testing.assert_array_equal(examples.class_numbers(y, "data"), [0, 2])


def test_negative_labels_and_rows_of_zeros_are_none():
    found = examples.read((X[:2], [-1, 1]), "data", 9)
    np.testing.assert_array_equal(found.labelled, [False, True])
    rows = examples.class_numbers([[0, 0], [0, 1]], "data")
    np.testing.assert_array_equal(rows, [-1, 1])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (np.zeros(3), "numbers of shape"),
        (np.zeros((0, 2)), "at least one example"),
        (np.array([["a"]]), "numbers of shape"),
        ({"image": X}, "received dict"),
        (({"image": X}, Y), "received dict"),
        ((X, Y[:2]), "6 examples and 2 labels"),
        ((X, Y + 0.5), "class numbers"),
        ((X, np.full(6, np.nan)), "class numbers"),
        ((X, np.array(list("abcdef"))), "class numbers"),
        (Dataset(), "at least one batch"),
        (Dataset((X[0], Y[0])), "must be batched"),
        (Dataset({"image": X}), "received dict"),
        (([[1.0], [1.0, 2.0]], [0, 1]), "rows of one length"),
        ((X[:2], np.array([[0, 1, 0], [1, 1, 0]])), "row 1 sums up to 2"),
        (Dataset((X, Y), (X[:, :1], Y)), r"one shape, received \(1,\), \(2,\)"),
    ],
    ids=range(15),
)
def test_mistakes_are_told(data, words):
    with pytest.raises(InputError, match=words):
        examples.read(data, "data", 9)
