import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd import teachers
from tfkd.errors import InputError


def test_a_student_learns_from_stored_answers_alone():
    x, y = batch()
    student = dense()
    distiller = methods.get("hinton_kd").build(
        teacher=teachers.CachedTeacher({"logits": (4,)}), student=student
    )
    distiller.compile("adam", keras.losses.SparseCategoricalCrossentropy(True))
    before = student.get_weights()
    stored = {"logits": np.ones((len(y), 4), "float32")}
    distiller.fit({"student": x, "cached": stored}, y, verbose=0)
    assert not np.array_equal(before[0], student.get_weights()[0])


def test_what_is_not_stored_is_told_with_its_name():
    teacher = teachers.CachedTeacher({"logits": (4,), "embedding": (9,)})
    with pytest.raises(InputError, match="Closest: 'embedding'"):
        teacher.connect(["embeding"], None)
    with pytest.raises(InputError, match=r"carries none for \['embedding'"):
        teacher(np.zeros((2, 3)))


def test_configuration_comes_back():
    teacher = teachers.CachedTeacher({"logits": [4]})
    again = teachers.CachedTeacher.from_config(teacher.get_config())
    assert again.shapes == {"logits": (4,)}
