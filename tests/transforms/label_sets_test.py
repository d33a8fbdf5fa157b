import pytest

from tfkd.errors import InputError
from tfkd.transforms.label_sets import check_widths


def test_one_teacher_is_given_one_shape():
    check_widths([(0, 1)], (None, 2))
    check_widths([(0, 1), (2,)], [(None, 2), (None, 1)])


def test_other_widths_are_our_error():
    with pytest.raises(InputError, match="order of the logits"):
        check_widths([(0, 1)], (None, 3))
