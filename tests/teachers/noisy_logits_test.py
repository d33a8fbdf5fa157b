import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd.errors import InputError
from tfkd.teachers import EMATeacher
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import NoisyLogitsTeacher

X = np.random.default_rng(0).normal(size=(2000, 5)).astype("float32")


def read(teacher, *taps):
    teacher.connect(taps, dense())
    return {name: np.array(v) for name, v in teacher(X).items()}


def test_noise_is_relative_and_has_the_deviation_asked_for():
    model = dense((9,))
    teacher = NoisyLogitsTeacher(model, stddev=0.5)
    logits = np.array(model(X))
    on = np.all(logits != 0, axis=1)
    assert on.mean() > 0.9
    xi = read(teacher, "logits")["logits"][on] / logits[on] - 1
    # Of 8,000 draws: the mean is within 4 * 0.5 / sqrt(8,000) of 0, the
    # deviation within 4 * 0.5 / sqrt(16,000) of 0.5.
    assert abs(xi.mean()) < 0.0224
    assert abs(xi.std() - 0.5) < 0.0159
    # One number a logit: those of an example are not correlated.
    assert abs(np.corrcoef(xi.T)[0, 1]) < 4 / np.sqrt(2000)


def test_a_share_of_the_examples_is_perturbed():
    model = dense((9,))
    found = read(NoisyLogitsTeacher(model, stddev=0.5, share=0.3), "logits")
    rows = np.any(found["logits"] != np.array(model(X)), axis=1)
    # 4 deviations of sqrt(0.3 * 0.7 / 2000).
    assert abs(rows.mean() - 0.3) < 0.041


def test_other_taps_are_not_and_members_logits_are():
    members = [dense((9,), seed=1), dense((9,), seed=2)]
    plain = read(EnsembleTeacher(members), "0/stage1", "1/logits")
    noisy = NoisyLogitsTeacher(EnsembleTeacher(members), stddev=0.5)
    found = read(noisy, "0/stage1", "1/logits")
    np.testing.assert_array_equal(plain["0/stage1"], found["0/stage1"])
    assert not np.allclose(plain["1/logits"], found["1/logits"])


@pytest.mark.parametrize(
    "arguments",
    [
        {"stddev": -1.0},
        {"stddev": float("nan")},
        {"stddev": 1.0, "share": 1.1},
    ],
)
def test_impossible_noise_is_our_error(arguments):
    with pytest.raises(InputError, match="needs a finite stddev"):
        NoisyLogitsTeacher(dense(), **arguments)


def test_a_teacher_that_follows_the_student_does_so():
    student = dense(seed=3)
    teacher = NoisyLogitsTeacher(EMATeacher(0.0), stddev=0.5)
    assert teacher.follows_student
    assert not teacher.reads_stored
    teacher.connect(("logits",), student)
    student.set_weights([w + 1.0 for w in student.get_weights()])
    teacher.update(student, 1)
    found = teacher.teacher.copy.get_weights()
    for mine, theirs in zip(found, student.get_weights()):
        np.testing.assert_array_equal(mine, theirs)
