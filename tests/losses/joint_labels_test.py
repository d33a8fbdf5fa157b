import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import JointLabels


def made(**arguments):
    loss = JointLabels(student_tap="joint", **arguments)
    loss.setup({}, {"joint": keras.KerasTensor((None, 2, 3, 2))})
    return loss


def values(loss, joint, labels):
    return loss({}, {"joint": joint}, labels=labels)


def test_every_view_has_a_label_of_its_own():
    random = np.random.default_rng(0)
    z = random.normal(size=(3, 2, 3, 2))
    labels = np.array([2, 0, -1])
    p = np.exp(z) / np.exp(z).sum(axis=(2, 3), keepdims=True)
    # View 0 is (y, 0), view 1 is (y, 1); no label costs nothing.
    expected = [
        -(np.log(p[0, 0, 2, 0]) + np.log(p[0, 1, 2, 1])) / 2,
        -(np.log(p[1, 0, 0, 0]) + np.log(p[1, 1, 0, 1])) / 2,
        0.0,
    ]
    found = values(made(), z.astype("float32"), labels)
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_equal_scores_cost_the_logarithm_of_all_pairs():
    found = values(made(), np.zeros((1, 2, 3, 2), "float32"), np.array([1]))
    np.testing.assert_allclose(found, [np.log(6)], rtol=1e-6)


def test_extreme_logits_stay_finite():
    z = 1e4 * np.random.default_rng(0).normal(size=(4, 2, 3, 2))
    found = values(made(), z.astype("float32"), np.array([0, 1, 2, 0]))
    assert np.all(np.isfinite(found))


def test_gradient_agrees_with_finite_differences():
    loss = made(dtype="float64")
    z = np.random.default_rng(0).normal(size=(2, 2, 3, 2))
    assert_gradient(lambda x: values(loss, x, np.array([1, 2])), z)


def test_round_trip():
    assert JointLabels.from_config(made().get_config()).student_taps == (
        "joint",
    )


def test_another_shape_is_our_error():
    loss = JointLabels(student_tap="joint")
    with pytest.raises(InputError, match="Joint labels"):
        loss.setup({}, {"joint": keras.KerasTensor((None, 2, 3))})
