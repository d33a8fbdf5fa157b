import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tests.parity.extremes.tensors import extremes
from tfkd import transforms
from tfkd.errors import InputError
from tfkd.transforms import singular_vectors

MAPS = np.random.default_rng(0).normal(size=(3, 3, 4, 5))


def leading(x, count):
    """Singular values and right vectors of one map, in NumPy."""
    _, s, vt = np.linalg.svd(x.reshape(-1, x.shape[-1]))
    v = vt[:count].T
    v = v * np.where(v.sum(0) >= 0, 1, -1)
    return s[:count] / np.linalg.norm(s[:count]), v


@pytest.mark.parametrize("count", [1, 3, 5])
def test_is_the_decomposition_of_each_map(count):
    found = transforms.SingularVectors(count)(MAPS.astype("float32"))
    assert found.shape == (3, 5, count)
    for x, result in zip(MAPS, found):
        s, v = leading(x, count)
        np.testing.assert_allclose(result, s * v, atol=2e-5)


def test_neither_scale_nor_sign_of_the_whole_map_matters():
    transform = transforms.SingularVectors(2)
    x = MAPS.astype("float32")
    for factor in (1e-12, 1e12, -1.0):
        np.testing.assert_allclose(
            transform(np.float32(factor) * x), transform(x), atol=1e-5
        )


def test_gradient_is_that_of_finite_differences():
    random = np.random.default_rng(1)
    # Singular values that are far apart, so that vectors are well defined.
    u = np.linalg.qr(random.normal(size=(6, 3)))[0]
    v = np.linalg.qr(random.normal(size=(3, 3)))[0]
    x = ((u * [3.0, 2.0, 1.0]) @ v.T).reshape(1, 2, 3, 3)
    factors = tf.constant(random.normal(size=(1, 3, 2)))

    def function(x):
        values, vectors = singular_vectors.decompose(x, 2)
        return values[:, None] * vectors * factors

    assert_gradient(function, x, rtol=1e-6)


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((2, 4, 4, 3)),
        np.ones((2, 4, 4, 3)),
        # All singular values are equal.
        np.eye(9).reshape(1, 3, 3, 9),
        *(pair[0] for pair in extremes((4, 2, 2, 6)).values()),
    ],
)
def test_equal_and_zero_singular_values_have_a_finite_gradient(x):
    x = tf.constant(x.astype("float32"))
    with tf.GradientTape() as tape:
        tape.watch(x)
        found = transforms.SingularVectors(3)(x)
        total = tf.reduce_sum(found**2 * tf.range(3.0))
    assert np.all(np.isfinite(found))
    assert np.all(np.isfinite(tape.gradient(total, x)))


def test_the_most_parallel_vector_is_picked_with_its_sign():
    vectors = np.eye(3, dtype="float32")[None]
    targets = np.array([[[0.1, 0.0], [0.2, 0.6], [-0.9, 0.8]]], "float32")
    found = singular_vectors.align(vectors, targets)
    # -e3 for the first, e3 for the second.
    np.testing.assert_array_equal(
        found, [[[0.0, 0.0], [0.0, 0.0], [-1.0, 1.0]]]
    )


def test_rejects_vectors_that_are_not_there():
    with pytest.raises(InputError, match="whole number >= 1"):
        transforms.SingularVectors(0)
    for shape in ((2, 6), (2, 4, 4, 2)):
        with pytest.raises(InputError, match="at least 3 channels"):
            transforms.SingularVectors(3)(np.zeros(shape, "float32"))
