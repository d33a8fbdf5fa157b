import keras
import numpy as np
import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import EMATeacher
from tfkd.teachers import NumberedMemberTeacher
from tfkd.teachers import SelfTeacher


def mlp(classes=2):
    return models.build("mlp", input_shape=(3,), num_classes=classes)


def test_every_example_has_the_teacher_of_its_number():
    networks = [mlp(), mlp()]
    teacher = NumberedMemberTeacher(networks)
    specs = teacher.connect(("logits", "member"), None)
    assert specs["member"].shape == (None,)
    x = np.random.default_rng(0).normal(size=(4, 3)).astype("float32")
    member = np.array([1, 0, 0, 1])
    found = teacher({"inputs": x, "member": member})
    first, second = (np.array(network(x)) for network in networks)
    expected = np.where(member[:, None] == 1, second, first)
    np.testing.assert_allclose(found["logits"], expected, rtol=1e-5)
    np.testing.assert_array_equal(found["member"], member)


def test_a_round_trip_keeps_the_teachers():
    teacher = NumberedMemberTeacher([mlp(), mlp()])
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(teacher)
    )
    assert len(again.members) == 2


def test_wrong_teachers_and_views_are_our_errors():
    with pytest.raises(InputError, match="shapes differ"):
        NumberedMemberTeacher([mlp(), mlp(3)]).connect(("logits",), None)
    with pytest.raises(InputError, match="at least one"):
        NumberedMemberTeacher([])
    teacher = NumberedMemberTeacher([mlp()])
    teacher.connect(("logits",), None)
    for view in (np.ones((2, 3)), {"inputs": np.ones((2, 3))}):
        with pytest.raises(InputError, match="'inputs' and 'member'"):
            teacher(view)


def test_members_follow_the_student_and_read_it():
    teacher = NumberedMemberTeacher([EMATeacher(0.0), SelfTeacher()])
    assert teacher.follows_student
    assert teacher.reads_from_student(("logits", "member")) == ("logits",)
    student = mlp()
    teacher.connect(("logits",), student)
    student.set_weights([w + 1.0 for w in student.get_weights()])
    teacher.update(student, 1)
    found = teacher.members[0].copy.get_weights()
    for mine, theirs in zip(found, student.get_weights()):
        np.testing.assert_array_equal(mine, theirs)
