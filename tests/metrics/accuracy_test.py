import numpy as np
import pytest

from tfkd import metrics
from tfkd.errors import InputError

PROBABILITIES = np.array([[0.6, 0.4, 0], [0.1, 0.7, 0.2], [0.5, 0.3, 0.2]])
LABELS = np.array([0, 1, 2])


def test_accuracy_counts_most_likely_classes():
    # Answers 0, 1, 0 against labels 0, 1, 2: two of three.
    assert metrics.accuracy(PROBABILITIES, LABELS) == pytest.approx(2 / 3)


def test_confusion_matrix_has_labels_in_rows():
    matrix = metrics.confusion_matrix(PROBABILITIES, LABELS)
    np.testing.assert_array_equal(matrix, [[1, 0, 0], [0, 1, 0], [1, 0, 0]])


def test_per_class_accuracy_has_none_for_an_absent_class():
    matrix = np.array([[3, 1, 0], [0, 0, 0], [1, 0, 1]])
    assert metrics.per_class_accuracy(matrix) == [0.75, None, 0.5]


def test_bootstrap_interval_is_close_to_the_normal_one():
    # 80 of 100 right: standard error sqrt(0.8 * 0.2 / 100) = 0.04, so about
    # 0.8 -+ 1.96 * 0.04 = [0.7216, 0.8784].
    values = np.arange(100) < 80
    low, high = metrics.bootstrap_interval(values, samples=4000, seed=1)
    assert low == pytest.approx(0.7216, abs=0.015)
    assert high == pytest.approx(0.8784, abs=0.015)


def test_bootstrap_interval_repeats_and_follows_its_seed():
    values = np.random.default_rng(0).normal(size=200)
    first = metrics.bootstrap_interval(values, seed=3)
    assert first == metrics.bootstrap_interval(values, seed=3)
    assert first != metrics.bootstrap_interval(values, seed=4)


def test_bootstrap_interval_of_a_paired_difference_sees_the_pairing():
    # Two models differ on one example of 100: the gap is at most a few
    # points, while each accuracy alone is uncertain by eight.
    first = np.arange(100) < 80
    second = np.arange(100) < 79
    gap = first.astype(int) - second.astype(int)
    low, high = metrics.bootstrap_interval(gap)
    assert low == 0
    assert 0.01 <= high <= 0.04


@pytest.mark.parametrize(("values", "samples"), [([], 10), ([1.0], 0)])
def test_bootstrap_of_nothing_is_refused(values, samples):
    with pytest.raises(InputError, match="at least one value and one sample"):
        metrics.bootstrap_interval(values, samples=samples)


def test_unlabelled_examples_are_refused():
    with pytest.raises(InputError, match=r"in \[0, 2\], received -1"):
        metrics.accuracy(PROBABILITIES, [0, -1, 2])


def test_no_example_is_refused():
    with pytest.raises(InputError, match="at least one example"):
        metrics.accuracy(np.zeros((0, 3)), [])


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(InputError, match=r"\(3, 3\) and \(2,\)"):
        metrics.accuracy(PROBABILITIES, [0, 1])


def test_nan_is_refused_and_counted():
    broken = PROBABILITIES.copy()
    broken[1, 2] = np.nan
    with pytest.raises(InputError, match="1 of 3 examples have NaN"):
        metrics.confusion_matrix(broken, LABELS)


def test_the_most_confused_pairs_come_first():
    # 0 and 2 are taken for each other 3 + 1 times, 1 and 2 twice, 0 and 1
    # never.
    matrix = np.array([[9, 0, 3], [0, 9, 2], [1, 0, 9]])
    assert metrics.most_confused(matrix) == ((0, 2),)
    assert metrics.most_confused(matrix, 3) == ((0, 2), (1, 2))
    assert metrics.most_confused(np.eye(3), 2) == ()


def test_labels_may_be_floats_or_bools():
    expected = metrics.confusion_matrix(PROBABILITIES, [0, 1, 1])
    for labels in (np.array([0.0, 1.0, 1.0]), np.array([False, True, True])):
        found = metrics.confusion_matrix(PROBABILITIES, labels)
        np.testing.assert_array_equal(found, expected)
        assert metrics.nll(PROBABILITIES, labels) == pytest.approx(
            metrics.nll(PROBABILITIES, [0, 1, 1])
        )


@pytest.mark.parametrize("label", [np.nan, 0.5])
def test_labels_that_are_no_class_numbers_are_refused(label):
    with pytest.raises(InputError, match=f"whole numbers .* received {label}"):
        metrics.accuracy(PROBABILITIES, [0, 1, label])
