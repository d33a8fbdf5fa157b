import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.metrics import rsa

RANDOM = np.random.default_rng(0)


def test_dissimilarity_is_one_minus_the_correlation():
    x = RANDOM.normal(size=(4, 6))
    expected = 1 - np.corrcoef(x)[np.triu_indices(4, k=1)]
    np.testing.assert_allclose(rsa.dissimilarities(x), expected)
    # Maps are flattened.
    np.testing.assert_allclose(
        rsa.dissimilarities(x.reshape(4, 3, 2)), expected
    )


def test_ends_at_zero_and_two():
    x = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [3.0, 2.0, 1.0]])
    np.testing.assert_allclose(
        rsa.dissimilarities(x), [0.0, 2.0, 2.0], atol=1e-12
    )


def test_similarity_is_the_correlation_of_dissimilarities():
    first, second = RANDOM.normal(size=(5, 4)), RANDOM.normal(size=(5, 7))
    expected = np.corrcoef(
        rsa.dissimilarities(first), rsa.dissimilarities(second)
    )[0, 1]
    np.testing.assert_allclose(rsa.similarity(first, second), expected)


def test_scale_and_order_of_features_do_not_count():
    x = RANDOM.normal(size=(6, 5))
    assert rsa.similarity(x, 7.0 * x[:, ::-1]) == pytest.approx(1.0)


def test_a_layer_that_answers_all_alike_is_like_none():
    x = RANDOM.normal(size=(4, 5))
    assert rsa.similarity(x, np.ones((4, 3))) == 0.0
    assert rsa.similarity(x, np.tile(x[:1], (4, 1))) == pytest.approx(
        0.0, abs=1e-6
    )


@pytest.mark.parametrize("x", [np.ones((2, 3)), np.full((4, 3), np.nan)])
def test_what_cannot_be_compared_is_our_error(x):
    with pytest.raises(InputError, match="at least three examples"):
        rsa.dissimilarities(x)


def test_other_examples_are_our_error():
    with pytest.raises(InputError, match="the same examples"):
        rsa.similarity(np.ones((3, 2)), np.ones((4, 2)))


def test_rounding_of_equal_answers_is_no_likeness():
    other = RANDOM.normal(size=(50, 7))
    alike = np.tile(other[:1], (50, 1))
    assert rsa.similarity(alike, other) == 0.0
    assert rsa.similarity(alike, alike) == 0.0
    # The mean of three times 0.1 is not 0.1.
    flat = np.full((4, 3), 0.1)
    np.testing.assert_array_equal(rsa.dissimilarities(flat), 1.0)
