import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import PairDistances

RANDOM = np.random.default_rng(0)
# Distances 3, 4 and 5; squares 9, 16 and 25.
X = np.array([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]], "float32")
DISTANCES = np.array([[0, 3, 4], [3, 0, 5], [4, 5, 0]])


@pytest.mark.parametrize(
    ("squared", "normalize", "expected"),
    [
        (False, "mean", DISTANCES / 4),
        (False, "max", DISTANCES / 5),
        (True, "mean", DISTANCES**2 * 3 / 50),
        (True, "max", DISTANCES**2 / 25),
        (False, None, DISTANCES),
        (True, None, DISTANCES**2),
    ],
)
def test_distances_are_as_they_are_or_relative_to_the_batch(
    squared, normalize, expected
):
    found = PairDistances(squared, normalize)(X)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


@pytest.mark.parametrize("scale", [1e-30, 1e-8, 1e4, 1e30])
def test_does_not_depend_on_the_scale(scale):
    found = PairDistances()(X * np.float32(scale))
    np.testing.assert_allclose(found, DISTANCES / 4, rtol=1e-5)


def test_does_not_lose_digits_far_from_the_origin():
    found = PairDistances()(X + np.float32(4096))
    np.testing.assert_allclose(found, DISTANCES / 4, rtol=1e-5)


def test_duplicates_are_at_zero_and_do_not_count_in_the_mean():
    # Two distances 3 a row of duplicates: the mean of the positive is 3.
    found = PairDistances()(X[[0, 0, 1]])
    np.testing.assert_allclose(found, [[0, 0, 1], [0, 0, 1], [1, 1, 0]])


@pytest.mark.parametrize("rows", [[0], [0, 0, 0], [0, 0, 1]])
@pytest.mark.parametrize("normalize", ["mean", "max", None])
@pytest.mark.parametrize("squared", [True, False])
def test_gradients_of_duplicates_are_finite(rows, normalize, squared):
    x = tf.constant(X[rows] + 0.1)
    transform = PairDistances(squared, normalize)
    transform(keras.KerasTensor((None, 2)))
    with tf.GradientTape() as tape:
        tape.watch(x)
        value = tf.reduce_sum(transform(x) ** 2)
    assert np.isfinite(value)
    assert np.all(np.isfinite(tape.gradient(value, x)))


@pytest.mark.parametrize("normalize", ["mean", "max", None])
@pytest.mark.parametrize("squared", [True, False])
def test_gradient_agrees_with_finite_differences(squared, normalize):
    transform = PairDistances(squared, normalize, dtype="float64")
    weights = RANDOM.normal(size=(4, 4))
    assert_gradient(
        lambda x: transform(x) * weights, RANDOM.normal(size=(4, 3))
    )


def test_rejects_an_unknown_size_and_batches_of_one():
    with pytest.raises(InputError, match="normalize must be"):
        PairDistances(normalize="median")
    with pytest.raises(InputError, match="batches of two or more"):
        PairDistances()(keras.KerasTensor((1, 4)))
