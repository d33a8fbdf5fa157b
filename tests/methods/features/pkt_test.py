import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def network(units):
    return models.build("mlp", input_shape=(4,), num_classes=3, units=units)


def build(**arguments):
    return methods.get("pkt").build(
        teacher=network((5,)), student=network((3,)), **arguments
    )


def loss(teacher, student, **arguments):
    (part,) = build(**arguments).distillation_losses
    return np.mean(part({"embedding": teacher}, {"embedding": student}))


# Cosines 0, 0, 1 of the teacher, and 0, 1, 0 of the student, for the pairs
# (1, 2), (1, 3), (2, 3): kernels 1/2, 1/2, 1 and 1/2, 1, 1/2.
TEACHER = np.array([[1, 0], [0, 1], [0, 2]], "float32")
STUDENT = np.array([[1, 0], [0, 1], [2, 0]], "float32")


def test_mode_paper_leaves_out_the_diagonal():
    # Rows of p_t: 1/2 1/2, 1/3 2/3, 1/3 2/3; of p_s: 1/3 2/3, 1/2 1/2,
    # 2/3 1/3.
    first = 0.5 * np.log(0.5 * 3) + 0.5 * np.log(0.5 * 3 / 2)
    second = np.log(2 / 3) / 3 + 2 / 3 * np.log(4 / 3)
    third = np.log(1 / 2) / 3 + 2 / 3 * np.log(2)
    found = loss(TEACHER, STUDENT, mode="paper")
    expected = (first + second + third) / 3
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_mode_code_keeps_it_and_averages():
    # p_t: 2 1 1 / 4, 1 2 2 / 5, 1 2 2 / 5; p_s: 2 1 2 / 5, 1 2 1 / 4,
    # 2 1 2 / 5.
    p = np.array([[0.5, 0.25, 0.25], [0.2, 0.4, 0.4], [0.2, 0.4, 0.4]])
    q = np.array([[0.4, 0.2, 0.4], [0.25, 0.5, 0.25], [0.4, 0.2, 0.4]])
    expected = np.sum(p * np.log((p + 1e-7) / (q + 1e-7))) / 9
    found = loss(TEACHER, STUDENT)
    np.testing.assert_allclose(found, expected, rtol=2e-6)


@pytest.mark.parametrize("mode", ["code", "paper"])
def test_only_directions_count(mode):
    lengths = np.array([[1.0], [7.0], [0.1]], "float32")
    found = loss(TEACHER, lengths * TEACHER, mode=mode)
    np.testing.assert_allclose(found, 0, atol=1e-7)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"mode": "papers"}, "no mode of pkt"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
