import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.errors import InputError
from tfkd.teachers import ConfidentMemberTeacher
from tfkd.teachers import NoisyLogitsTeacher
from tfkd.teachers import SelfTeacher

X, _ = batch()


def members():
    return [dense((9,), seed=1), dense((9,), seed=2)]


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def read(teacher, *taps):
    teacher.connect(taps, dense())
    return {name: np.array(v) for name, v in teacher(X).items()}


def test_every_example_is_taught_by_the_surest_teacher():
    models = members()
    found = read(ConfidentMemberTeacher(models), "logits", "stage1")
    logits = np.array([m(X) for m in models])
    chosen = softmax(logits).max(-1).argmax(0)
    assert set(chosen) == {0, 1}
    rows = np.arange(len(X))
    np.testing.assert_allclose(found["logits"], logits[chosen, rows], rtol=1e-5)
    stages = np.array([m.get_layer("stage1")(X) for m in models])
    np.testing.assert_allclose(found["stage1"], stages[chosen, rows], rtol=1e-5)


def test_only_what_is_asked_for_is_returned():
    assert set(read(ConfidentMemberTeacher(members()), "stage1")) == {"stage1"}


def test_it_is_as_random_as_its_members():
    assert not ConfidentMemberTeacher(members()).stochastic
    noisy = NoisyLogitsTeacher(dense(), stddev=1.0)
    assert ConfidentMemberTeacher([noisy]).stochastic


def test_round_trip():
    teacher = ConfidentMemberTeacher(members())
    config = keras.saving.serialize_keras_object(teacher)
    again = keras.saving.deserialize_keras_object(config)
    assert len(again.members) == 2


def test_what_does_not_fit_is_our_error():
    with pytest.raises(InputError, match="needs at least one"):
        ConfidentMemberTeacher([])
    with pytest.raises(InputError, match="shapes differ"):
        read(ConfidentMemberTeacher([dense(), dense((7,))]), "stage1")
    maps = keras.Sequential(
        [keras.Input((4, 4, 1)), keras.layers.Conv2D(2, 1, name="logits")]
    )
    with pytest.raises(InputError, match="compares logits"):
        ConfidentMemberTeacher([maps]).connect(("logits",), cases.student())


def test_a_member_may_read_the_student():
    teacher = ConfidentMemberTeacher([SelfTeacher(), dense(seed=1)])
    assert teacher.reads_from_student(("stage1",)) == ("stage1", "logits")
    student = dense(seed=2)
    teacher.connect(("logits",), student)
    found = teacher(X, student={"logits": student(X)})
    assert found["logits"].shape == student(X).shape
