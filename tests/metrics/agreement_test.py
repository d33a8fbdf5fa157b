import numpy as np
import pytest

from tfkd import metrics
from tfkd.errors import InputError

FIRST = np.array([[0.6, 0.4], [0.2, 0.8], [0.9, 0.1], [0.5, 0.5]])
SECOND = np.array([[0.7, 0.3], [0.6, 0.4], [0.8, 0.2], [0.4, 0.6]])


def test_agreement_counts_equal_answers():
    # Answers 0, 1, 0, 0 and 0, 0, 0, 1: equal in two of four.
    assert metrics.agreement(FIRST, SECOND) == 0.5
    assert metrics.agreement(FIRST, FIRST) == 1.0


def test_max_abs_error_is_the_largest_gap():
    # |0.2 - 0.6| = 0.4
    assert metrics.max_abs_error(FIRST, SECOND) == pytest.approx(0.4)


@pytest.mark.parametrize("other", [SECOND[:2], np.zeros((0, 2)), SECOND[0]])
def test_arrays_of_other_shapes_are_refused(other):
    with pytest.raises(InputError, match="the same, non-empty shape"):
        metrics.agreement(FIRST, other)


def test_answers_of_nan_agree_with_none():
    broken = np.array([[np.nan, np.nan], [0.2, 0.8], [0.9, 0.1], [0.5, 0.5]])
    # Without the first, equal in three of four.
    assert metrics.agreement(broken, broken) == 0.75
    assert metrics.agreement(FIRST, broken) == 0.75
