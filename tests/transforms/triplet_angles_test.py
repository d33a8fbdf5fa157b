import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import TripletAngles

RANDOM = np.random.default_rng(0)
# A right angle at the first; sides 3, 4 and 5.
X = np.array([[1.0, 1.0], [4.0, 1.0], [1.0, 5.0]], "float32")


def angles(x):
    """The definition, one triplet after the other."""
    x = x.astype("float64")
    result = np.zeros((len(x),) * 3)
    for i, j, k in np.ndindex(*result.shape):
        first, second = x[j] - x[i], x[k] - x[i]
        size = np.linalg.norm(first) * np.linalg.norm(second)
        result[i, j, k] = first @ second / size if size > 0 else 0.0
    return result


def test_a_right_triangle():
    found = np.asarray(TripletAngles()(X))
    np.testing.assert_allclose(found[0, 1, 2], 0.0, atol=1e-6)
    np.testing.assert_allclose(found[1, 0, 2], 3 / 5, rtol=1e-6)
    np.testing.assert_allclose(found[2, 0, 1], 4 / 5, rtol=1e-6)
    np.testing.assert_allclose(found[2, 1, 1], 1.0, rtol=1e-6)
    np.testing.assert_array_equal(found[0, 0], 0.0)


def test_is_the_definition_for_many():
    x = RANDOM.normal(3.0, 1.0, (7, 5)).astype("float32")
    np.testing.assert_allclose(TripletAngles()(x), angles(x), atol=2e-6)


def test_anchors_are_a_part_of_all():
    x = RANDOM.normal(size=(6, 4)).astype("float32")
    np.testing.assert_allclose(
        TripletAngles(anchors=3)(x), angles(x)[:, :3, :3], atol=2e-6
    )
    # More than there are is all.
    np.testing.assert_array_equal(TripletAngles(9)(x), TripletAngles()(x))


@pytest.mark.parametrize("scale", [1e-30, 1e-8, 1e4, 1e15])
def test_does_not_depend_on_the_scale(scale):
    found = TripletAngles()(X * np.float32(scale))
    np.testing.assert_allclose(found, angles(X), atol=1e-5)


@pytest.mark.parametrize("rows", [[0], [0, 0, 0], [0, 0, 1, 2]])
def test_duplicates_have_finite_values_and_gradients(rows):
    x = tf.constant(X[rows])
    transform = TripletAngles()
    transform(keras.KerasTensor((None, 2)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = transform(x)
        value = tf.reduce_sum(found**2)
    np.testing.assert_allclose(found, angles(X[rows]), atol=1e-6)
    assert np.all(np.isfinite(tape.gradient(value, x)))


@pytest.mark.parametrize("anchors", [None, 3])
def test_gradient_agrees_with_finite_differences(anchors):
    transform = TripletAngles(anchors, dtype="float64")
    x = RANDOM.normal(size=(4, 3))
    weights = RANDOM.normal(size=transform(x).shape)
    assert_gradient(lambda x: transform(x) * weights, x)


def test_rejects_one_anchor_and_batches_of_one():
    with pytest.raises(InputError, match="anchors must be None"):
        TripletAngles(anchors=1)
    with pytest.raises(InputError, match="batches of two or more"):
        TripletAngles()(keras.KerasTensor((1, 4)))
