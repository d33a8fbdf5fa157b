import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import corners


def network(neck=3, **arguments):
    return corners.model(filters=(2, 3, 4), neck=neck, **arguments)


def build(student=None, **arguments):
    return methods.get("squeezed_6dof").build(
        teacher=network(4), student=student or network(), **arguments
    )


def losses(**arguments):
    return {loss.name: loss for loss in build(**arguments).distillation_losses}


def answers():
    """The teacher sees two objects, of probabilities 3/4 and 1/2."""
    t = np.full((1, 36, 20), -40.0, "float32")
    t[..., :10] = 0.0
    t[0, 4, 12], t[0, 9, 15] = np.log(3), 0.0
    return t


def test_points_count_by_how_sure_the_teacher_is():
    t, s = answers(), answers()
    s[0, 4, :10] = 1.0
    s[0, 9, 0] = 2.0
    s[0, 20, :10] = 50.0  # No object.
    # (3/4 * 1 + 1/2 * 4/10) / (3/4 + 1/2).
    found = losses()["points"]({"outputs": t}, {"outputs": s})
    np.testing.assert_allclose(found, [0.95 / 1.25], rtol=1e-5)


def test_scores_count_everywhere():
    t, s = answers(), answers()
    s[0, 4, 12] = 0.0  # 3/4 against 1/2.
    s[0, 20, 19] = 0.0  # 0 against 1/2.
    found = losses()["scores"]({"outputs": t}, {"outputs": s})
    expected = (0.25**2 + 0.5**2) / 360
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_as_many_numbers_as_points_need_may_come_first():
    points = losses(numbers=18)["points"]
    t, s = np.zeros((1, 36, 20), "float32"), np.zeros((1, 36, 20), "float32")
    s[..., :18] = 2.0
    # 36 confidences of 1/2 each.
    found = points({"outputs": t}, {"outputs": s})
    np.testing.assert_allclose(found, [4.0], rtol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"numbers": 0}, "numbers >= 1"),
        ({"numbers": 20}, "the same regions"),
        ({"point_weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student": network(num_classes=4)}, "same cells, points and"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
