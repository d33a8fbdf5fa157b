import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses.labels import box_labels
from tfkd.losses.labels import label_rows
from tfkd.losses.labels import labelled_examples
from tfkd.losses.labels import right_answers

LOGITS = np.zeros((2, 3), "float32")


def test_integers_become_one_hot_and_no_label_zeros():
    found = label_rows(np.array([2, -1]), LOGITS, "loss")
    np.testing.assert_array_equal(found, [[0, 0, 1], [0, 0, 0]])


def test_a_last_axis_of_one_is_no_class_axis():
    found = label_rows(np.array([[2], [0]]), LOGITS, "loss")
    np.testing.assert_array_equal(found, [[0, 0, 1], [1, 0, 0]])


def test_distributions_stay():
    rows = np.array([[0.5, 0.5, 0], [0, 0, 1]])
    np.testing.assert_array_equal(label_rows(rows, LOGITS, "loss"), rows)


def test_maps_of_labels_have_a_row_at_every_position():
    labels = np.array([[[0, 1]], [[2, -1]]])
    found = label_rows(labels, np.zeros((2, 1, 2, 3), "float32"), "loss")
    assert found.shape == (2, 1, 2, 3)
    np.testing.assert_array_equal(found[1, 0], [[0, 0, 1], [0, 0, 0]])


def test_no_labels_are_our_error():
    with pytest.raises(InputError, match="The loss 'mine' needs labels"):
        label_rows(None, LOGITS, "mine")


def test_right_answers_are_the_labels_of_the_largest_logits():
    logits = np.float32([[[1, 2, 0], [5, 1, 1]], [[0, 0, 3], [1, 0, 0]]])
    rows = label_rows(np.array([[1, 2], [2, -1]]), logits, "loss")
    np.testing.assert_array_equal(right_answers(logits, rows), [[1, 0], [1, 0]])


def test_an_example_is_labelled_where_anything_of_it_is_known():
    pixels = np.full((3, 2, 2), -1)
    pixels[0, 1, 1] = 0
    rows = np.float32([[0, 1], [0, 0], [0, 0]])
    # No object, a box, and an image of which nothing is known.
    boxes = np.full((3, 2, 5), -1, "float32")
    boxes[1, 0] = 0, 0, 4, 4, 3
    boxes[2, 1, 4] = -2
    for labels, expected in (
        (np.array([0, -1, -1]), [1, 0, 0]),
        (np.array([[0.0], [-1.0], [-1.0]]), [1, 0, 0]),
        (pixels, [1, 0, 0]),
        (rows, [1, 0, 0]),
        (boxes, [1, 1, 0]),
    ):
        found = labelled_examples(labels, "loss")
        np.testing.assert_array_equal(found, expected)
    with pytest.raises(InputError, match="'mine' tells labelled examples"):
        labelled_examples(None, "mine")


def test_boxes_are_rows_of_five_numbers():
    boxes = np.zeros((2, 3, 5), "float32")
    assert box_labels(boxes, "loss") is boxes
    for labels in (None, np.array([1, 2]), np.zeros((2, 3, 4))):
        with pytest.raises(InputError, match="'loss' needs labels"):
            box_labels(labels, "loss")
