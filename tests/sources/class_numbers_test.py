import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.sources.class_numbers import class_numbers


def test_one_number_an_example_may_lie_in_a_column():
    for y in ([2, 0, 1], np.array([[2], [0], [1]], "uint8"), [2.0, 0.0, 1.0]):
        assert class_numbers(y, 3).tolist() == [2, 0, 1]
    found = class_numbers([-1, 0], 2, unlabelled=True)
    assert found.tolist() == [-1, 0]


def test_what_is_no_class_is_our_error():
    rows = np.eye(3)[[0, 1, 2, 0]]
    for y in (rows, ["a", "b", "c", "d"], [0, 1], [0.5, 1, 2, 0], np.zeros(())):
        with pytest.raises(InputError, match="argmax of one-hot rows"):
            class_numbers(y, 4)
    with pytest.raises(InputError, match="received -1"):
        class_numbers([-1, 0], 2)
