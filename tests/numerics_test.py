import numpy as np
import pytest
import tensorflow as tf
from scipy import special

from tfkd import numerics
from tfkd.distances import MMD
from tfkd.errors import InputError


def test_square_root_has_no_gradient_at_zero():
    x = tf.Variable([0.0, 4.0])
    with tf.GradientTape() as tape:
        y = numerics.safe_sqrt(x)
    np.testing.assert_allclose(y, [0.0, 2.0])
    np.testing.assert_allclose(tape.gradient(y, x), [0.0, 0.25])


def test_normalizing_does_not_depend_on_the_scale():
    x = np.array([[3.0, 4.0]], "float32")
    for scale in (1e-30, 1e-8, 1.0, 1e30):
        found = numerics.l2_normalize(tf.constant(x * np.float32(scale)))
        np.testing.assert_allclose(found, [[0.6, 0.8]], rtol=1e-6)


def test_zeros_stay_zeros_with_finite_gradients():
    x = tf.Variable(np.zeros((1, 3), "float32"))
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(numerics.l2_normalize(x))
    assert float(y) == 0
    assert np.all(np.isfinite(tape.gradient(y, x)))


def test_normalizing_has_the_right_gradient():
    # d/dx (x_1 / |x|) at (3, 4): (|x|^2 - x_1^2, -x_1 x_2) / |x|^3
    x = tf.Variable([[3.0, 4.0]])
    with tf.GradientTape() as tape:
        y = numerics.l2_normalize(x)[0, 0]
    np.testing.assert_allclose(
        tape.gradient(y, x), [[16 / 125, -12 / 125]], rtol=1e-6
    )


def test_reductions_keep_the_batch():
    x = tf.reshape(tf.range(8.0), (2, 2, 2))
    np.testing.assert_allclose(numerics.per_example(x), [1.5, 5.5])
    np.testing.assert_allclose(numerics.per_example(x, "sum"), [6, 22])
    assert numerics.per_example(tf.constant([1.0, 2.0])).shape == (2,)
    assert numerics.flatten(x).shape == (2, 4)


def test_shares_sum_to_one():
    assert numerics.shares("g", None, 4) == [0.25] * 4
    assert numerics.shares("g", (6, 2), 2) == [0.75, 0.25]
    for wrong in ((1,), (0, 0), (-1, 2), (float("nan"), 1), (float("inf"), 1)):
        with pytest.raises(InputError, match="g must be 2 non-negative"):
            numerics.shares("g", wrong, 2)


def test_what_stirlings_formula_lacks_is_right_for_small_and_large_x():
    x = np.array([1e-30, 1e-3, 0.7, 1.0, 2.0, 7.99, 8.01, 100.0, 1e6])
    formula = (x - 0.5) * np.log(x) - x + 0.5 * np.log(2 * np.pi)
    expected = special.gammaln(x) - formula
    found = np.asarray(numerics.stirling_remainder(np.log(x)))
    np.testing.assert_allclose(found[:-1], expected[:-1], rtol=1e-8)
    # At 1e6 the difference above is rounding; it is 1 / (12 x).
    np.testing.assert_allclose(found[-1], 1 / 12e6, rtol=1e-8)


def test_what_stirlings_formula_lacks_is_finite_where_x_is_not():
    for log_x in (-1e4, 1e4):
        found = numerics.stirling_remainder(tf.constant(log_x))
        assert np.isfinite(found)


def test_mean_square_is_one_number_an_example():
    x = np.float32([[[1, 2]], [[3, 5]]])
    np.testing.assert_allclose(numerics.mean_square(x), [2.5, 17.0])


@pytest.fixture
def rounded_factors(monkeypatch):
    """Rounds factors to 10 bits, as TF32 of a GPU does."""

    def rounded(x):
        bits = tf.bitcast(tf.convert_to_tensor(x), tf.uint32)
        kept = tf.bitwise.bitwise_and(bits + 0x1000, 0xFFFFE000)
        return tf.bitcast(kept, tf.float32)

    for name in ("matmul", "einsum"):
        exact = getattr(numerics.ops, name)
        monkeypatch.setattr(
            numerics.ops,
            name,
            lambda *x, exact=exact: exact(
                *(
                    part if isinstance(part, str) else rounded(part)
                    for part in x
                )
            ),
        )


def test_a_row_is_at_no_distance_from_itself_on_any_device(rounded_factors):
    x = np.random.default_rng(0).normal(3.0, 1.0, (6, 50)).astype("float32")
    found = np.array(numerics.square_distances(tf.constant(x)))
    assert np.all(np.diag(found) == 0)
    expected = np.sum((x[:, None] - x[None]) ** 2, axis=-1)
    np.testing.assert_allclose(found, expected, rtol=3e-3)


def test_a_narrow_kernel_knows_a_sample_on_any_device(rounded_factors):
    x = np.random.default_rng(0).normal(3.0, 0.1, (1, 6, 50)).astype("float32")
    y = x + np.float32(0.5)
    # Only a sample with itself is near: twice 6 of 36 pairs.
    found = MMD("gaussian", widths=[0.01]).call(tf.constant(x), tf.constant(y))
    np.testing.assert_allclose(found, [2 / 6], rtol=1e-5)
