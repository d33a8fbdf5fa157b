import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ClassBalance


def values(loss, t, s, labels):
    return loss({"logits": t}, {"logits": s}, labels=np.array(labels))


def log(*rows):
    return np.log(np.array(rows, "float32"))


def test_cross_entropies_of_the_mean_prediction():
    # Without label: 0.9, 0.1 and 0.3, 0.7, mean 0.6, 0.4. Of both teachers'
    # answers one is sure: r = 1/2.
    s = log([0.1, 0.9], [0.9, 0.1], [0.3, 0.7])
    t = log([0.9, 0.1], [0.9, 0.1], [0.6, 0.4])
    found = values(ClassBalance(threshold=0.8), t, s, [1, -1, -1])
    one = -0.5 * np.log(0.6) - 0.5 * np.log(0.4)
    np.testing.assert_allclose(found, [0.5 * 2 * one] * 3, rtol=1e-5)


def test_a_class_that_is_almost_sure_and_many_that_are_not():
    s = np.zeros((2, 50_000), "float32")
    s[:, 7] = 40.0
    found = values(ClassBalance(), s, s, [-1, -1])[0]
    q = np.float64(np.exp(-40.0)) / (1 + 49_999 * np.exp(-40.0))
    # 1 - q of the sure one is the sum of all others.
    share, others = 1 / 50_000, 49_999 * q
    expected = -share * np.log1p(-others) - (1 - share) * np.log(others)
    expected += 49_999 * (-share * np.log(q) - (1 - share) * np.log1p(-q))
    np.testing.assert_allclose(found, expected, rtol=1e-4)


def test_equal_classes_cost_least():
    t = np.zeros((4, 3), "float32")
    equal = 5 * np.eye(3, dtype="float32")
    unequal = equal[[0, 0, 1, 2]]
    low = values(ClassBalance(), t[:3], equal, [-1] * 3)[0]
    # q = 1/3: 3 (-1/3 log 1/3 - 2/3 log 2/3) = log 3 + 2 log 3/2.
    np.testing.assert_allclose(low, np.log(3) + 2 * np.log(1.5), rtol=1e-5)
    assert values(ClassBalance(), t, unequal, [-1] * 4)[0] > low


@pytest.mark.parametrize("scale", [1e4, 1e-8])
@pytest.mark.parametrize("labels", [[-1, -1, -1], [0, 1, 1]])
def test_extremes_have_a_value_and_a_gradient(scale, labels):
    s = tf.constant(scale * np.eye(3, dtype="float32")[[0, 0, 0]])
    with tf.GradientTape() as tape:
        tape.watch(s)
        value = values(ClassBalance(), s, s, labels)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, s)))
    assert (np.asarray(value) > 0).all() == (labels[0] == -1)


def test_gradient_agrees_with_finite_differences():
    t, s = np.random.default_rng(0).normal(size=(2, 4, 3))
    loss = ClassBalance(threshold=0.4, dtype="float64")
    assert_gradient(lambda x: values(loss, t, x, [0, -1, -1, -1]), s)


def test_round_trip():
    loss = ClassBalance(threshold=0.7, teacher_tap="a", student_tap="b")
    again = ClassBalance.from_config(loss.get_config())
    assert again.selection.threshold == 0.7
    assert (again.teacher_taps, again.student_taps) == (("a",), ("b",))


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match=r"must be in \[0, 1\)"):
        ClassBalance(threshold=-0.1)
    with pytest.raises(InputError, match="at least two classes"):
        ClassBalance().setup({}, {"logits": keras.KerasTensor((None, 1))})
