import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.losses import TaskLoss

# softmax of (ln 3, 0) is (3/4, 1/4)
LOGITS = np.array([[np.log(3.0), 0.0]] * 3, "float32")
WANT = [-np.log(0.75), -np.log(0.25), 0.0]


def values(labels, logits=LOGITS):
    loss = TaskLoss(student_tap="exit")
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
