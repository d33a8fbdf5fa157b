import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import CompactBilinear

RANDOM = np.random.default_rng(0)


def with_signs(first, second, **arguments):
    """A layer of known signs, `(channels, units)` each."""
    layer = CompactBilinear(len(first[0]), **arguments)
    layer.build([(None, len(first)), (None, len(second))])
    layer.signs = [np.array(first, float), np.array(second, float)]
    return layer


def test_channels_are_multiplied_by_hand():
    # W = (1, 1; 1, -1), V = (1, -1) of one channel; x = (1, 2), y = 3:
    # W x = (3, -1), V y = (3, -3); u = (9, 3) / sqrt 2, v = sqrt u,
    # v / ||v|| = (sqrt 9, sqrt 3) / sqrt 12.
    layer = with_signs([[1, 1], [1, -1]], [[1, -1]])
    found = layer([np.float32([[1, 2]]), np.float32([[3]])])
    expected = np.sqrt([9, 3]) / np.sqrt(12)
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


def test_signs_stay_when_products_are_negative():
    layer = with_signs([[1, -1]], [[1, 1]])
    found = layer([np.float32([[4]]), np.float32([[1]])])
    np.testing.assert_allclose(found, [np.sqrt([0.5, 0.5]) * [1, -1]], 1e-5)


def test_positions_of_maps_are_added():
    x = RANDOM.normal(size=(2, 2, 2, 3)).astype("float32")
    y = RANDOM.normal(size=(2, 4, 4, 5)).astype("float32")
    layer = CompactBilinear(6, seed=3)
    found = np.array(layer([x, y]))
    small = y.reshape(2, 2, 2, 2, 2, 5).mean(axis=(2, 4))
    u = np.einsum("bhwc,cd->bhwd", x, layer.signs[0])
    u = np.sum(u * np.einsum("bhwc,cd->bhwd", small, layer.signs[1]), (1, 2))
    v = np.sign(u) * np.sqrt(np.abs(u / np.sqrt(6)))
    v /= np.linalg.norm(v, axis=1, keepdims=True)
    np.testing.assert_allclose(found, v, rtol=1e-4)


def test_many_products_stand_for_all_of_them():
    # (x . x') (y . y') of vectors, from sketches before the square root.
    x, y = RANDOM.normal(size=(2, 2, 8))
    layer = CompactBilinear(20000)
    layer.build([x.shape, y.shape])
    u = (x @ layer.signs[0]) * (y @ layer.signs[1]) / np.sqrt(20000)
    expected = np.dot(x[0], x[1]) * np.dot(y[0], y[1])
    assert abs(u[0] @ u[1] - expected) < 0.1 * np.linalg.norm(u[0]) ** 2


def test_the_gradient_is_that_of_finite_differences():
    layer = CompactBilinear(5, seed=1, dtype="float64")
    x, y = RANDOM.normal(size=(2, 2, 4))
    weights = RANDOM.normal(size=(2, 5))
    assert_gradient(lambda z: layer([z, y]) * weights, x)


@pytest.mark.parametrize("scale", [1e4, 1e-8, 0.0])
def test_it_is_finite_where_float32_comes_to_its_ends(scale):
    x, y = scale * RANDOM.normal(size=(2, 2, 4)).astype("float32")
    assert np.all(np.isfinite(CompactBilinear(3)([x, y])))


def test_a_round_trip_keeps_the_signs():
    layer = CompactBilinear(5, seed=7)
    again = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    for one in (layer, again):
        one.build([(None, 3), (None, 4)])
    for mine, theirs in zip(layer.signs, again.signs):
        np.testing.assert_array_equal(mine, theirs)


def test_wrong_arguments_are_our_errors():
    with pytest.raises(InputError, match="units must be a whole number"):
        CompactBilinear(0)
    with pytest.raises(InputError, match="both maps"):
        CompactBilinear().build([(None, 4, 4, 3), (None, 3)])
    with pytest.raises(InputError, match="both maps"):
        CompactBilinear().build([(None, 3)])
