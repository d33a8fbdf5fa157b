import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses import TaskLoss

# softmax of (ln 3, 0) is (3/4, 1/4)
LOGITS = np.array([[np.log(3.0), 0.0]] * 3, "float32")
WANT = [-np.log(0.75), -np.log(0.25), 0.0]


def values(labels, logits=LOGITS, **arguments):
    loss = TaskLoss(student_tap="exit", **arguments)
    loss.built = True
    return np.array(loss({}, {"exit": logits}, labels=labels))


def test_unlabelled_examples_count_nothing():
    np.testing.assert_allclose(
        values(np.array([0, 1, -1])), WANT, rtol=1e-6, atol=1e-7
    )


def test_a_column_of_labels_and_one_hot_are_the_same():
    one_hot = np.array([[1, 0], [0, 1], [0, 0]], "float32")
    np.testing.assert_allclose(values(one_hot), WANT, rtol=1e-6, atol=1e-7)
    column = np.array([[0], [1], [-1]])
    np.testing.assert_allclose(values(column), WANT, rtol=1e-6, atol=1e-7)


def test_dense_labels_are_averaged():
    logits = np.stack([LOGITS[:2]] * 2)
    found = values(np.array([[0, 1], [0, 0]]), logits)
    np.testing.assert_allclose(
        found, [(WANT[0] + WANT[1]) / 2, WANT[0]], rtol=1e-6
    )


def test_missing_labels_are_our_error():
    with pytest.raises(InputError, match="needs labels"):
        values(None)


def test_classes_can_be_weighted():
    found = values(np.array([0, 1, -1]), class_weights=(2.0, 0.5))
    np.testing.assert_allclose(
        found, [2 * WANT[0], 0.5 * WANT[1], 0], rtol=1e-6, atol=1e-7
    )


def test_rare_classes_can_count_as_much_as_frequent_ones():
    logits = np.stack([LOGITS, LOGITS])
    labels = np.array([[0, 0, 1], [0, -1, -1]])
    # Four labelled positions, three of class 0: weights 4 / (2 * 3) and 2.
    found = values(labels, logits, class_weights="balanced")
    expected = [(2 * WANT[0] * 2 / 3 + 2 * WANT[1]) / 3, WANT[0] * 2 / 9]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    # A class that does not occur takes no share.
    found = values(np.array([0, 0, -1]), class_weights="balanced")
    np.testing.assert_allclose(found, [WANT[0], WANT[0], 0], rtol=1e-6)
    found = values(np.array([-1, -1, -1]), class_weights="balanced")
    np.testing.assert_array_equal(found, [0, 0, 0])


def test_weights_are_saved():
    loss = TaskLoss(student_tap="exit", class_weights=[1, 2])
    again = TaskLoss.from_config(loss.get_config())
    assert again.class_weights == (1.0, 2.0)


def test_wrong_weights_are_our_error():
    for wrong in ("balance", (1.0, -1.0), 3):
        with pytest.raises(InputError, match="class_weights must be"):
            TaskLoss(student_tap="exit", class_weights=wrong)
    loss = TaskLoss(student_tap="exit", class_weights=(1.0, 2.0))
    with pytest.raises(InputError, match="each of the 3 classes"):
        loss.setup({}, {"exit": keras.KerasTensor((None, 3))})
