import numpy as np
import pytest

from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import teachers
from tfkd.errors import InputError

X, _ = batch()


def members():
    return [dense((9,), seed=1), dense((9,), seed=2)]


def softmax(z):
    e = np.exp(z - z.max(-1, keepdims=True))
    return e / e.sum(-1, keepdims=True)


def read(teacher, *taps):
    teacher.connect(taps, dense())
    return {name: np.array(v) for name, v in teacher(X).items()}


def test_probabilities_are_averaged_by_weight():
    models = members()
    found = read(teachers.EnsembleTeacher(models, weights=[3, 1]), "logits")
    first, second = (softmax(np.array(m(X), "float64")) for m in models)
    np.testing.assert_allclose(
        softmax(found["logits"]), 0.75 * first + 0.25 * second, rtol=1e-5
    )


def test_logits_are_averaged_where_asked():
    models = members()
    found = read(teachers.EnsembleTeacher(models, fuse="logits"), "logits")
    want = (np.array(models[0](X)) + np.array(models[1](X))) / 2
    np.testing.assert_allclose(found["logits"], want, rtol=1e-5, atol=1e-6)


def test_one_member_is_read_by_its_number():
    models = members()
    teacher = teachers.EnsembleTeacher(models)
    found = read(teacher, "1/logits", "0/stage1")
    np.testing.assert_allclose(found["1/logits"], models[1](X), rtol=1e-6)
    assert found["0/stage1"].shape == (8, 9)


def test_what_does_not_fit_is_our_error():
    with pytest.raises(InputError, match="one weight for"):
        teachers.EnsembleTeacher(members(), weights=[1.0])
    for weights in ([0, 0], [2, -1], [float("nan"), 1]):
        with pytest.raises(InputError, match="non-negative"):
            teachers.EnsembleTeacher(members(), weights=weights)
    with pytest.raises(InputError, match="fusion"):
        teachers.EnsembleTeacher(members(), fuse="mean")
    with pytest.raises(InputError, match="teacher of the ensemble"):
        read(teachers.EnsembleTeacher(members()), "2/logits")
    different = [dense((9,)), dense((7,))]
    with pytest.raises(InputError, match="cannot be averaged"):
        read(teachers.EnsembleTeacher(different), "stage1")


def test_two_distillers_may_have_one_teacher():
    models = members()
    teacher = teachers.EnsembleTeacher(models)
    student = dense()
    teacher.connect(("logits",), student)
    assert list(teacher.connect(("0/stage1",), student)) == ["0/stage1"]
    with pytest.raises(InputError, match="no tap"):
        teacher.connect(("0/stage9",), student)
    found = teacher(X)
    assert set(found) == {"logits", "0/stage1"}
    mean = np.mean([softmax(np.array(m(X))) for m in models], axis=0)
    np.testing.assert_allclose(
        softmax(np.array(found["logits"])), mean, rtol=1e-5
    )


def test_a_member_may_be_the_student_itself():
    student = dense((9,), seed=3)
    members = [teachers.SelfTeacher(), dense((9,), seed=1)]
    teacher = teachers.EnsembleTeacher(members)
    asked = ("0/logits", "1/logits")
    assert teacher.reads_from_student(asked) == ("logits",)
    teacher.connect(asked, student)
    own = {"logits": student(X)}
    found = teacher(X, student=own)
    np.testing.assert_array_equal(found["0/logits"], own["logits"])
    np.testing.assert_array_equal(found["1/logits"], members[1](X))


@pytest.mark.parametrize("fuse", ["probabilities", "logits"])
def test_members_may_compute_in_other_precisions(fuse):
    models = [dense(seed=1), dense(seed=2, dtype="mixed_float16")]
    found = read(teachers.EnsembleTeacher(models, fuse=fuse), "logits")
    twins = [dense(seed=seed) for seed in (1, 2)]
    wanted = read(teachers.EnsembleTeacher(twins, fuse=fuse), "logits")
    assert found["logits"].dtype == "float32"
    np.testing.assert_allclose(found["logits"], wanted["logits"], atol=0.02)


def test_members_that_follow_the_student_are_kept_up_to_date():
    student, frozen = dense(seed=3), dense(seed=4)
    teacher = teachers.EnsembleTeacher([teachers.EMATeacher(0.5), frozen])
    assert teacher.follows_student
    # Stored answers cannot be those of weights that move.
    assert not teacher.reads_stored
    teacher.connect(("0/logits", "1/logits"), student)
    student.set_weights([w + 1.0 for w in student.get_weights()])
    # The average of the first step is a plain one: 1 - 1 / (1 + 1) = 0.5.
    teacher.update(student, 1)
    expected = [w - 0.5 for w in student.get_weights()]
    found = teacher.members[0].copy.get_weights()
    for mine, theirs in zip(found, expected):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)
    plain = teachers.EnsembleTeacher(members())
    assert plain.reads_stored
    assert not plain.follows_student
