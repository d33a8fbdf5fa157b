import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import SimilarityMatrix

RANDOM = np.random.default_rng(0)
# Inner products: 9 3 / 3 17.
X = np.array([[3.0, 0.0], [1.0, 4.0]], "float32")


@pytest.mark.parametrize(
    ("norm", "sizes"), [(2, (90**0.5, 298**0.5)), (1, (12, 20))]
)
def test_rows_are_inner_products_of_unit_norm(norm, sizes):
    expected = np.array([[9, 3], [3, 17]]) / np.array(sizes)[:, None]
    np.testing.assert_allclose(SimilarityMatrix(norm)(X), expected, rtol=1e-6)


def test_maps_are_flattened():
    maps = RANDOM.normal(size=(3, 2, 2, 4)).astype("float32")
    np.testing.assert_array_equal(
        SimilarityMatrix()(maps), SimilarityMatrix()(maps.reshape(3, 16))
    )


@pytest.mark.parametrize("norm", [1, 2])
@pytest.mark.parametrize("scale", [1e-30, 1e-8, 1e4, 1e30])
def test_does_not_depend_on_the_scale(norm, scale):
    transform = SimilarityMatrix(norm)
    np.testing.assert_allclose(
        transform(X * np.float32(scale)), transform(X), rtol=1e-5
    )


def test_an_inactive_example_is_like_no_other():
    x = np.array([[0.0, 0.0], [1.0, 0.0]], "float32")
    np.testing.assert_array_equal(SimilarityMatrix()(x), [[0, 0], [0, 1]])


@pytest.mark.parametrize("norm", [1, 2])
def test_gradient_agrees_with_finite_differences(norm):
    transform = SimilarityMatrix(norm, dtype="float64")
    weights = RANDOM.normal(size=(3, 3))
    assert_gradient(
        lambda x: transform(x) * weights, RANDOM.normal(size=(3, 4))
    )


def test_rejects_another_norm():
    with pytest.raises(InputError, match="norm must be 1 or 2"):
        SimilarityMatrix(3)
