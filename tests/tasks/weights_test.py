import numpy as np

from tfkd.tasks import weights

LABELS = np.array([[0, -1, 2], [-1, 1, 1]])


def test_hidden_labels_weigh_nothing():
    found = weights.labelled(LABELS, None, "float32")
    np.testing.assert_array_equal(found, [[1, 0, 1], [0, 1, 1]])


def test_a_weight_an_example_counts_for_all_its_parts():
    found = weights.labelled(LABELS, np.array([2.0, 0.5]), "float32")
    np.testing.assert_array_equal(found, [[2, 0, 2], [0, 0.5, 0.5]])


def test_a_weight_a_part_counts_for_itself():
    given = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    found = weights.labelled(LABELS, given, "float32")
    np.testing.assert_array_equal(found, [[1, 0, 3], [0, 5, 6]])


def test_a_column_of_weights_is_one_an_example():
    found = weights.labelled(
        np.array([1, -1, 0]), np.array([[2.0], [3.0], [4.0]]), "float32"
    )
    np.testing.assert_array_equal(found, [2.0, 0.0, 4.0])
