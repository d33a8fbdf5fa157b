import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd import transforms
from tfkd.distances import SoftmaxKL
from tfkd.errors import InputError
from tfkd.losses import ConfidentMatch


def values(loss, t, s, labels):
    return loss({"logits": t}, {"logits": s}, labels=np.array(labels))


def log(*rows):
    return np.log(np.array(rows, "float32"))


def test_counts_what_has_no_label_and_a_sure_teacher():
    t = log([0.9, 0.1], [0.9, 0.1], [0.6, 0.4], [0.5, 0.5])
    s = log([0.5, 0.5], [0.5, 0.5], [0.5, 0.5], [0.5, 0.5])
    found = values(ConfidentMatch(threshold=0.8), t, s, [0, -1, -1, -1])
    # The second alone: 1/2 (0.4^2 + 0.4^2) = 0.16, times 4 examples / 3
    # without label.
    np.testing.assert_allclose(found, [0, 0.16 * 4 / 3, 0, 0], rtol=1e-5)


def test_is_zero_where_every_example_has_a_label():
    t, s = log([0.9, 0.1], [0.2, 0.8]), log([0.5, 0.5], [0.5, 0.5])
    found = values(ConfidentMatch(), t, s, [1, 0])
    np.testing.assert_array_equal(found, [0, 0])


@pytest.mark.parametrize("scale", [1e4, 1e-8])
def test_extreme_logits_stay_finite(scale):
    t, s = scale * np.random.default_rng(0).normal(size=(2, 4, 3))
    found = values(ConfidentMatch(), t, s, [-1] * 4)
    assert np.all(np.isfinite(found))


def test_gradient_agrees_with_finite_differences():
    t, s = np.random.default_rng(0).normal(size=(2, 4, 3))
    loss = ConfidentMatch(
        threshold=0.4,
        teacher_transform=transforms.Identity(dtype="float64"),
        student_transform=transforms.Identity(dtype="float64"),
        dtype="float64",
    )
    assert_gradient(lambda x: values(loss, t, x, [0, -1, -1, -1]), s)


def test_round_trip():
    loss = ConfidentMatch(threshold=0.7, distance=SoftmaxKL())
    again = ConfidentMatch.from_config(loss.get_config())
    assert again.selection.threshold == 0.7
    assert isinstance(again.distance, SoftmaxKL)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match=r"must be in \[0, 1\)"):
        ConfidentMatch(threshold=1.0)
    t = {"logits": log([0.9, 0.1])}
    loss = ConfidentMatch()
    dense = {"logits": np.zeros((2, 2, 2, 3), "float32")}
    with pytest.raises(InputError, match="sure of whole examples"):
        loss.setup(dense, dense)
    loss.setup(t, t)
    with pytest.raises(InputError, match="needs labels"):
        loss(t, t)
