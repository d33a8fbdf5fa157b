import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import FSPMatrix


def test_is_the_mean_product_of_channels():
    # Two positions, channels (1, 2) then (3, 4); the second map (5), (7).
    first = np.array([[[[1.0, 2.0], [3.0, 4.0]]]], "float32")
    second = np.array([[[[5.0], [7.0]]]], "float32")
    # (1*5 + 3*7) / 2 and (2*5 + 4*7) / 2.
    found = FSPMatrix()([first, second])
    np.testing.assert_allclose(found, [[[13.0], [19.0]]], rtol=1e-6)


@pytest.mark.parametrize(("pool", "pooled"), [("max", 4.0), ("average", 2.5)])
def test_pools_the_larger_map(pool, pooled):
    large = np.arange(1, 5, dtype="float32").reshape(1, 2, 2, 1)
    small = np.full((1, 1, 1, 1), 3.0, "float32")
    for pair in ([large, small], [small, large]):
        found = FSPMatrix(pool)(pair)
        np.testing.assert_allclose(found, [[[3 * pooled]]], rtol=1e-6)


def test_pools_sizes_that_are_no_multiples():
    # 3 to 2 positions: windows of inputs 0-1 and 1-2, as average pooling.
    large = np.array([5.0, 1.0, 2.0], "float32").reshape(1, 1, 3, 1)
    small = np.array([1.0, 10.0], "float32").reshape(1, 1, 2, 1)
    found = FSPMatrix("max")([large, small])
    np.testing.assert_allclose(found, [[[(5 * 1 + 2 * 10) / 2]]], rtol=1e-6)


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    first = random.normal(size=(1, 4, 4, 2))
    second = random.normal(size=(1, 2, 2, 3))
    weights = random.normal(size=(1, 2, 3))
    layer = FSPMatrix(dtype="float64")
    assert_gradient(lambda x: weights * layer([x, second]), first)


def test_config_round_trip():
    layer = FSPMatrix("average")
    assert FSPMatrix.from_config(layer.get_config()).pool == "average"


def test_rejects_an_unknown_pool():
    with pytest.raises(InputError, match="pool must be one of"):
        FSPMatrix("sum")


def test_rejects_vectors():
    with pytest.raises(InputError, match="needs two taps of shape"):
        FSPMatrix()([np.ones((1, 2)), np.ones((1, 3))])


def test_rejects_unknown_sizes_that_differ():
    with pytest.raises(InputError, match="needs known sizes"):
        FSPMatrix()(
            [
                keras.KerasTensor((None, None, None, 2)),
                keras.KerasTensor((None, 4, 4, 2)),
            ]
        )
