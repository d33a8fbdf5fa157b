import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import JoinedClasses


def test_logits_go_to_their_classes():
    first, second = np.float32([[1, 2]]), np.float32([[3, 4]])
    joined = JoinedClasses([(3, 0), (1, 2)])
    np.testing.assert_array_equal(joined([first, second]), [[2, 3, 4, 1]])


def test_a_class_of_two_teachers_is_their_mean():
    first, second = np.float32([[1, 2]]), np.float32([[4, 5]])
    joined = JoinedClasses([(0, 1), (1, 2)])
    # Class 1: (2 + 4) / 2.
    np.testing.assert_array_equal(joined([first, second]), [[1, 3, 5]])


def test_classes_may_be_many():
    # A matrix of classes by classes would not fit into memory.
    classes = np.random.default_rng(0).permutation(200_000)
    first, second = classes[:150_000], classes[140_000:]
    joined = JoinedClasses([first, second])
    found = joined([np.float32(first)[None], np.float32(second)[None]])
    np.testing.assert_array_equal(found, [np.arange(200_000)])


def test_gradient():
    joined = JoinedClasses([(0, 1), (1, 2)], dtype="float64")
    second = np.float64([[4, 5]])
    assert_gradient(lambda z: joined([z, second]) ** 2, [[0.3, -1.2]])


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="every class number from 0"):
        JoinedClasses([(0, 1), (3,)])
    with pytest.raises(InputError, match="order of the logits"):
        JoinedClasses([(0, 1), (2,)]).build([(None, 2), (None, 2)])
