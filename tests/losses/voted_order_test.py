import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import VotedOrder

RANDOM = np.random.default_rng(0)


def circle(*degrees):
    angles = np.radians(degrees)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1).astype("float32")


def values(teachers, student, **arguments):
    taps = {f"{number}/e": x for number, x in enumerate(teachers)}
    loss = VotedOrder(teacher_taps=list(taps), student_tap="e", **arguments)
    return loss(taps, {"e": student}).numpy()


def test_an_order_that_is_kept_by_the_margin_costs_nothing():
    x = circle(0, 60, 180)
    np.testing.assert_array_equal(values([x], x, margin=0.1), 0)


def test_a_wrong_order_by_hand():
    # Teacher: squares of chords 1 (0-1), 4 (0-2), 3 (1-2).
    # Student: 4 (0-1), 1 (0-2), 3 (1-2).
    teacher, student = circle(0, 60, 180), circle(0, 180, 60)
    # Of 0: 01 < 02, wrong by 3. Of 1: 01 < 12, wrong by 1. Of 2: 12 < 02,
    # wrong by 2. Three triplets of three examples.
    found = values([teacher], student, margin=0.5)
    np.testing.assert_allclose(found, [3.5, 1.5, 2.5], rtol=1e-5)


def test_the_majority_decides():
    first, second = circle(0, 60, 180), circle(0, 180, 60)
    found = values([first, first, second], second)
    np.testing.assert_allclose(found, values([first], second), rtol=1e-6)
    found = values([first, second], second, shares=(0.4, 0.6))
    np.testing.assert_array_equal(found, 0)


def test_a_tie_counts_nothing():
    first, second = circle(0, 60, 180), circle(0, 180, 60)
    np.testing.assert_array_equal(values([first, second], second), 0)


def test_the_length_of_features_does_not_matter():
    teacher, student = RANDOM.normal(size=(2, 5, 4)).astype("float32")
    found = values([7 * teacher], np.float32(0.01) * student)
    np.testing.assert_allclose(found, values([teacher], student), rtol=1e-4)


def test_gradient_agrees_with_finite_differences():
    teacher = RANDOM.normal(size=(4, 3))
    loss = VotedOrder(teacher_taps=["t"], student_tap="s", dtype="float64")
    assert_gradient(
        lambda s: loss({"t": teacher}, {"s": s}), RANDOM.normal(size=(4, 3))
    )


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher_taps": ()}, "at least one teacher"),
        ({"margin": -0.1}, "finite margin"),
        ({"shares": (1.0, 1.0)}, "shares of teachers must be 1"),
    ],
)
def test_rejects_arguments(wrong, message):
    arguments = {"teacher_taps": ("t",), "student_tap": "s", **wrong}
    with pytest.raises(InputError, match=message):
        VotedOrder(**arguments)
