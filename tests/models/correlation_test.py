import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.models.correlation import CrossCorrelation

RANDOM = np.random.default_rng(0)


def written_out(search, target):
    """By loops over positions, and over those of the target."""
    _, height, width, _ = search.shape
    _, rows, columns, _ = target.shape
    found = np.zeros_like(search)
    for i, j, u, v in np.ndindex(height, width, rows, columns):
        y, x = i + u - rows // 2, j + v - columns // 2
        if 0 <= y < height and 0 <= x < width:
            found[:, i, j] += search[:, y, x] * target[:, u, v]
    return found / (rows * columns)


@pytest.mark.parametrize("size", [(3, 3), (2, 4)])
def test_is_the_mean_product_of_every_channel(size):
    search = RANDOM.normal(size=(2, 5, 6, 3))
    target = RANDOM.normal(size=(2, *size, 3))
    layer = CrossCorrelation(dtype="float64")
    found = layer([search, target])
    np.testing.assert_allclose(found, written_out(search, target), rtol=1e-9)


def test_is_largest_where_the_target_is():
    search = np.zeros((1, 8, 8, 1), "float32")
    target = RANDOM.normal(size=(1, 3, 3, 1)).astype("float32")
    search[:, 4:7, 1:4] = target
    found = np.asarray(CrossCorrelation()([search, target]))[0, ..., 0]
    assert np.unravel_index(found.argmax(), found.shape) == (5, 2)


def test_gradient():
    search = RANDOM.normal(size=(1, 3, 3, 2))
    target = RANDOM.normal(size=(1, 2, 2, 2))
    layer = CrossCorrelation(dtype="float64")
    layer.build([search.shape, target.shape])
    assert_gradient(lambda t: layer([search, t]), target)


def test_needs_two_maps_of_as_many_channels():
    for shapes in (
        ((None, 4, 4, 2), (None, 2, 2, 3)),
        ((None, 4, 4, 2), (None, 2)),
        ((None, None, 4, 2), (None, 2, 2, 2)),
    ):
        with pytest.raises(InputError, match="needs two maps"):
            CrossCorrelation()([keras.KerasTensor(s) for s in shapes])
