import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import NeighborContrast

UNKNOWN = np.array([-1, -1, -1])


def values(loss, logits, features, labels=UNKNOWN):
    return loss({"logits": logits}, {"embedding": features}, labels=labels)


def test_neighbours_pull_and_others_push_within_the_margin():
    # d^2 = 1/2 sum of squares: d_01^2 = 1/2 (1 + 1) = 1, d_02^2 = 1/8,
    # d_12^2 = 1/2 (1/4 + 1) = 5/8. Classes 0, 0, 1; margin 1.
    h = np.float32([[0, 0], [1, 1], [0.5, 0]])
    z = np.float32([[2, 0], [1, 0], [0, 1]])
    far, close = (1 - np.sqrt([1 / 8, 5 / 8])) ** 2
    expected = [(1 + far) / 2, (1 + close) / 2, (far + close) / 2]
    np.testing.assert_allclose(
        values(NeighborContrast(), z, h), expected, rtol=1e-5
    )


def test_a_label_replaces_what_the_teacher_says():
    z = np.float32([[2, 0], [1, 0], [0, 1]])
    loss = NeighborContrast()
    found = loss.neighbors(z, np.array([1, -1, -1]))
    np.testing.assert_array_equal(found, [[1, 0, 1], [0, 1, 0], [1, 0, 1]])


def test_one_example_and_equal_ones_are_finite():
    loss = NeighborContrast()
    one = values(
        loss,
        np.zeros((1, 2), "float32"),
        np.ones((1, 3), "float32"),
        np.array([-1]),
    )
    np.testing.assert_array_equal(one, [0.0])
    h = tf.Variable(np.ones((3, 4), "float32"))
    z = np.eye(3, dtype="float32")
    with tf.GradientTape() as tape:
        value = values(loss, z, h)
    # No distance between three classes: the whole margin.
    np.testing.assert_allclose(value, [1.0, 1.0, 1.0])
    assert np.all(np.isfinite(tape.gradient(value, h)))


@pytest.mark.parametrize("scale", [1e4, 1e-8])
def test_extreme_features_stay_finite(scale):
    random = np.random.default_rng(0)
    h = (scale * random.normal(size=(4, 5))).astype("float32")
    z = (scale * random.normal(size=(4, 3))).astype("float32")
    found = values(NeighborContrast(), z, h, np.full(4, -1))
    assert np.all(np.isfinite(found))


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    z = random.normal(size=(5, 2))
    loss = NeighborContrast(margin=3.0, dtype="float64")
    assert_gradient(
        lambda h: values(loss, z, h, np.full(5, -1)), random.normal(size=(5, 3))
    )


def test_round_trip():
    loss = NeighborContrast(teacher_tap="a", student_tap="b", margin=2.0)
    again = NeighborContrast.from_config(loss.get_config())
    assert (again.teacher_taps, again.margin) == (("a",), 2.0)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="margin must be"):
        NeighborContrast(margin=-1.0)
    with pytest.raises(InputError, match="told by logits"):
        NeighborContrast().setup(
            {"logits": keras.KerasTensor((None, 4, 4, 2))}, {}
        )
