import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import OfMember
from tfkd.transforms import Identity

MEMBERS = np.array([0, 1, 1], "int32")


def made(member, dtype="float32"):
    part = FeatureMatch(
        teacher_tap="t",
        student_tap="s",
        teacher_transform=Identity(dtype=dtype),
        student_transform=Identity(dtype=dtype),
        weight=0.5,
        dtype=dtype,
    )
    loss = OfMember(part, member=member, dtype=dtype)
    spec = keras.KerasTensor((None, 1))
    member = keras.KerasTensor((None,), "int32")
    loss.setup({"t": spec, "member": member}, {"s": spec})
    return loss


def test_only_examples_of_one_teacher_count():
    # Half of 1^2, 2^2 and 3^2.
    t, s = np.float32([[1], [2], [3]]), np.zeros((3, 1), "float32")
    for member, expected in ((0, [0.5, 0, 0]), (1, [0, 2, 4.5])):
        found = made(member)({"t": t, "member": MEMBERS}, {"s": s})
        np.testing.assert_allclose(found, expected)


def test_gradient():
    t, s = np.random.default_rng(0).normal(size=(2, 3, 1))
    loss = made(1, "float64")
    teacher = {"t": tf.constant(t), "member": MEMBERS}
    assert_gradient(lambda x: loss(teacher, {"s": x}), s)


def test_a_member_below_zero_is_our_error():
    with pytest.raises(InputError, match="member must be a whole number"):
        made(-1)


def test_it_can_be_made_again_from_its_config():
    again = OfMember.from_config(made(1).get_config())
    assert again.member == 1
    assert again.teacher_taps == ("t", "member")
    assert float(again.part.weight(0)) == 0.5
