import numpy as np
import pytest
from keras import ops

from tfkd.errors import InputError
from tfkd.losses import RouteSelection

ROUTES = (("a", "x"), ("a", "y"), ("b", "x"), ("b", "y"))


class Given(RouteSelection):
    """Routes whose losses and scores are told."""

    scores_now = (0.0, 0.0, 0.0, 0.0)

    def terms(self, teacher, student, *, labels):
        terms = ops.convert_to_tensor([[1.0, 2.0, 3.0, 4.0]] * 2)
        return terms, ops.convert_to_tensor(self.scores_now, "float32")


def made(**arguments):
    loss = Given(**{"routes": ROUTES, "interval_steps": 2, **arguments})
    loss.setup({}, {})
    return loss


def steps(loss, count, scores):
    loss.scores_now = scores
    return [float(loss({}, {}, step=step)[0]) for step in range(count)]


def test_the_worst_route_leaves_at_every_interval():
    # Means of those of 1, 2, 3, 4 that are left: the second is the worst,
    # then the fourth, then the third.
    found = steps(made(), 9, (0.1, 0.9, 0.3, 0.8))
    np.testing.assert_allclose(
        found, [2.5, 2.5, 8 / 3, 8 / 3, 2, 2, 1, 1, 1], rtol=1e-6
    )


def test_at_once_all_but_the_best_leave():
    loss = made(at_once=True, keep=2)
    found = steps(loss, 4, (0.1, 0.9, 0.3, 0.8))
    np.testing.assert_allclose(found, [2.5, 2.5, 2.0, 2.0])
    np.testing.assert_array_equal(loss.alive, [1, 0, 1, 0])


def test_scores_are_running_means():
    loss = made(momentum=0.75)
    steps(loss, 1, (4.0, 0.0, 0.0, 0.0))
    loss.scores_now = (0.0, 0.0, 8.0, 0.0)
    loss({}, {}, step=1)
    # 0.75 * 4 and 0.25 * 8.
    np.testing.assert_allclose(loss.scores, [3.0, 0.0, 2.0, 0.0])


def test_keep_of_all_drops_none():
    loss = made(keep=4)
    steps(loss, 5, (0.1, 0.9, 0.3, 0.8))
    np.testing.assert_array_equal(loss.alive, [1, 1, 1, 1])


def test_taps_are_those_of_the_routes_once():
    loss = made()
    assert loss.teacher_taps == ("a", "b")
    assert loss.student_taps == ("x", "y")


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"keep": 0}, "keep must be a whole number from 1"),
        ({"keep": 5}, "number of routes, 4"),
        ({"interval_steps": 0}, "interval_steps must be"),
        ({"momentum": 1.0}, "momentum must be in"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        made(**wrong)
