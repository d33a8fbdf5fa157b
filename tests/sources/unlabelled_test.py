import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources import with_unlabelled

X = np.zeros((2, 3), "float32")
EXTRA = np.ones((3, 3), "float64")


def test_the_label_of_what_is_appended_is_minus_one():
    x, y = with_unlabelled(X, np.array([4, 0]), EXTRA)
    assert x.dtype == "float32"
    np.testing.assert_array_equal(x[:, 0], [0, 0, 1, 1, 1])
    np.testing.assert_array_equal(y, [4, 0, -1, -1, -1])


def test_no_labels_stay_no_labels():
    x, y = with_unlabelled(X, None, EXTRA)
    assert len(x) == 5
    assert y is None


@pytest.mark.parametrize(
    ("y", "extra", "match"),
    [
        (np.array([4, 0]), np.ones((3, 4)), "as_stimulus"),
        (np.eye(2), EXTRA, "argmax of one-hot"),
        (np.array([4, 0], "uint8"), EXTRA, "signed whole numbers"),
        (np.array([4]), EXTRA, "of shape"),
    ],
)
def test_what_does_not_fit_is_our_error(y, extra, match):
    with pytest.raises(InputError, match=match):
        with_unlabelled(X, y, extra)


def test_no_fraction_and_no_sign_is_lost():
    x = np.array([[3, 200]], "uint8")
    found, _ = with_unlabelled(x, None, np.array([[0.5, -1.0]], "float32"))
    np.testing.assert_array_equal(found, [[3, 200], [0.5, -1]])
    # Where both hold fractions, the dtype is that of the labelled ones.
    found, _ = with_unlabelled(x.astype("float32"), None, np.ones((1, 2)))
    assert found.dtype == "float32"
