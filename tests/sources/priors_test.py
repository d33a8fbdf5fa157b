import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.sources import priors

IMAGE = np.array([[[[1.0], [2.0]], [[4.0], [0.0]]]])
RANDOM = np.random.default_rng(0)


def test_total_variation_is_the_sum_over_four_directions():
    # right: 1, -4; down: 3, -2; diagonals: 0 - 1 and 4 - 2.
    found = priors.total_variation(tf.constant(IMAGE), 2)
    expected = np.sqrt(17) + np.sqrt(13) + 1 + 2
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    found = priors.total_variation(tf.constant(IMAGE), 1)
    np.testing.assert_allclose(found, 2.5 + 2.5 + 1 + 2, rtol=1e-6)


def test_norm_is_the_mean_over_examples():
    images = tf.constant([[3.0, 4.0], [0.0, 1.0]])
    np.testing.assert_allclose(priors.norm(images), 3.0, rtol=1e-6)


def test_statistics_gap_is_zero_for_the_batchs_own():
    features = RANDOM.normal(size=(4, 3, 3, 2))
    mean, variance = features.mean((0, 1, 2)), features.var((0, 1, 2))
    found = priors.statistics_gap(tf.constant(features), mean, variance)
    np.testing.assert_allclose(found, 0.0, atol=1e-12)
    # 5 = |(3, 4)|, and 2 = |(0, 2)|.
    found = priors.statistics_gap(
        tf.constant(features), mean + [3.0, 4.0], variance + [0.0, 2.0]
    )
    np.testing.assert_allclose(found, 7.0, rtol=1e-6)


def test_gaussian_gap_is_the_divergence_of_the_batch_from_what_is_stored():
    features = RANDOM.normal(size=(4, 3, 3, 2))
    mean, variance = features.mean((0, 1, 2)), features.var((0, 1, 2))
    found = priors.gaussian_gap(tf.constant(features), mean, variance)
    np.testing.assert_allclose(found, 0.0, atol=1e-12)
    # Batch: means 0 and variances 4 and 1. Stored: means 2 and 0, variances
    # 1 and 1. Channel 1: (log 4 + (1 + 4) / 4 - 1) / 2; channel 2: 0.
    batch = tf.constant([[2.0, 1.0], [-2.0, -1.0]], "float64")
    found = priors.gaussian_gap(
        batch, np.array([2.0, 0.0]), np.ones(2), epsilon=0.0
    )
    np.testing.assert_allclose(found, (np.log(4) + 0.25) / 4, rtol=1e-12)


def test_diversity_is_of_all_pairs():
    noise = tf.constant([[0.0, 0.0], [2.0, 0.0]], "float64")
    images = tf.constant([[[1.0], [0.0]], [[4.0], [3.0]]], "float64")
    # The two pairs have (4 + 0) / 2 times (3 + 3) / 2, the equal ones 0.
    found = priors.diversity(noise, images)
    np.testing.assert_allclose(found, np.exp(-(2 * 6) / 4), rtol=1e-12)
    np.testing.assert_allclose(priors.diversity(noise, 0 * images), 1.0)


def test_competition_falls_as_the_student_disagrees():
    teacher = tf.constant([[6.0, 0.0]])
    same, other = (
        float(priors.competition(teacher, tf.constant(student)))
        for student in ([[6.0, 0.0]], [[0.0, 6.0]])
    )
    np.testing.assert_allclose(same, 1.0, rtol=1e-6)
    # P = (s, 1 - s), Q = (1 - s, s), s = sig(2), M = (1/2, 1/2):
    # JS = -log 2 - (log s + log(1 - s)) / 2.
    s = 1 / (1 + np.exp(-2.0))
    divergence = -np.log(2) - 0.5 * (np.log(s) + np.log(1 - s))
    np.testing.assert_allclose(other, 1 - divergence, rtol=1e-6)


@pytest.mark.parametrize(
    "function",
    [
        priors.total_variation,
        priors.norm,
        lambda x: priors.statistics_gap(
            x, tf.zeros(2, "float64"), tf.ones(2, "float64")
        ),
        lambda x: priors.diversity(tf.eye(2, dtype="float64"), x),
        lambda x: priors.gaussian_gap(
            x, tf.zeros(2, "float64"), tf.ones(2, "float64")
        ),
    ],
)
def test_gradients_agree_with_finite_differences(function):
    assert_gradient(function, RANDOM.normal(size=(2, 3, 3, 2)))


def test_flat_images_have_a_finite_gradient():
    images = tf.zeros((1, 3, 3, 1))
    with tf.GradientTape() as tape:
        tape.watch(images)
        total = priors.total_variation(images) + priors.norm(images)
        total += priors.statistics_gap(images, tf.zeros(1), tf.zeros(1))
        total += priors.gaussian_gap(images, tf.ones(1), tf.zeros(1))
    assert np.all(np.isfinite(tape.gradient(total, images)))
