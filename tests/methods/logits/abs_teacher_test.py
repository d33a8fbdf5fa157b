import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def network(units):
    return models.build("mlp", input_shape=(4,), num_classes=3, units=units)


def build(width=5, **arguments):
    return methods.get("abs_teacher").build(
        teacher=network((width,)), student=network((3,)), **arguments
    )


def test_is_the_distance_of_embeddings():
    # |(3, 4, 0)| = 5 and |(0, 0, 1)| = 1; the squares are 25 and 1.
    teacher = {"embedding": np.array([[3, 4, 0], [0, 0, 0]], "float32")}
    student = {"embedding": np.array([[0, 0, 0], [0, 0, 1]], "float32")}
    for squared, expected in ((False, [5, 1]), (True, [25, 1])):
        loss = build(3, squared=squared).distillation_losses[0]
        np.testing.assert_allclose(loss(teacher, student), expected, 1e-6)


def test_a_trained_map_joins_different_widths():
    loss = build(5).distillation_losses[0]
    teacher = RANDOM.normal(size=(2, 5)).astype("float32")
    student = RANDOM.normal(size=(2, 3)).astype("float32")
    kernel, bias = (np.array(v, "float64") for v in loss.trainable_variables)
    expected = np.linalg.norm(teacher - (student @ kernel + bias), axis=1)
    found = loss({"embedding": teacher}, {"embedding": student})
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert not build(3).distillation_losses[0].weights


def test_triplets_are_the_students_alone():
    loss = build(margin=1.0).distillation_losses[1]
    assert loss.teacher_taps == ()
    # On a line at 0, 3 and 4: 3 - 4, 3 - 1, and the margin.
    student = {"embedding": np.array([[0.0], [3.0], [4.0]], "float32")}
    found = loss({}, student, labels=np.array([0, 0, 1]))
    np.testing.assert_allclose(np.mean(found), (0 + 3) / 2, rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"margin": -1.0}, "0 <= margin"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student_tap": "embeding"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_rejects_taps_of_other_rank():
    teacher = models.build("cnn", input_shape=(8, 8, 1), num_classes=3)
    with pytest.raises(InputError, match="keeps the rank"):
        methods.get("abs_teacher").build(
            teacher=teacher, teacher_tap="stage3", student=network((3,))
        )
