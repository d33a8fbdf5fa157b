import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd.errors import InputError
from tfkd.teachers import SelfTeacher


def test_provides_taps_of_the_student():
    teacher, student = SelfTeacher(), dense()
    assert teacher.reads_from_student(("logits",)) == ("logits",)
    specs = teacher.connect(("logits",), student)
    assert tuple(specs["logits"].shape) == tuple(student.output_shape)
    answers = {"logits": np.ones((2, 3)), "stage1": np.ones((2, 9))}
    found = teacher(np.ones((2, 5)), student=answers)
    assert set(found) == {"logits"}
    np.testing.assert_array_equal(found["logits"], answers["logits"])


def test_two_distillers_may_have_one_teacher():
    teacher = SelfTeacher()
    teacher.connect(("logits",), dense())
    teacher.connect(("stage1",), dense())
    x = np.ones((2, 5))
    for name in ("logits", "stage1"):
        # The other's tap is none of this distiller's.
        assert set(teacher(x, student={name: x})) == {name}


def test_an_unknown_tap_is_our_error():
    with pytest.raises(InputError, match="no tap"):
        SelfTeacher().connect(("stage9",), dense())
