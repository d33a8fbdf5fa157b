import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.transforms import PooledMap


def test_is_the_mean_over_channels_of_averaged_positions():
    # Channels 0..15 and 0: means are half of 0..15; corners of a 4x4 map
    # average to (0 + 1 + 4 + 5) / 8 = 1.25, and so on.
    x = np.zeros((1, 4, 4, 2), "float32")
    x[0, :, :, 0] = np.arange(16).reshape(4, 4)
    found = PooledMap((2, 2))(x)
    np.testing.assert_allclose(found, [[1.25, 2.25, 5.25, 6.25]], rtol=1e-6)


def test_smaller_maps_are_repeated():
    x = np.array([[[[1.0], [3.0]]]], "float32")
    np.testing.assert_array_equal(PooledMap((2, 2))(x), [[1, 3, 1, 3]])


def test_maps_of_any_size_get_one_shape():
    pool = PooledMap((2, 3))
    for shape in ((8, 8, 5), (2, 2, 7)):
        spec = pool.compute_output_shape((None, *shape))
        assert PooledMap((2, 3))(np.ones((4, *shape))).shape == (4, *spec[1:])


def test_gradient_agrees_with_finite_differences():
    x = np.random.default_rng(0).normal(size=(2, 4, 4, 3))
    assert_gradient(lambda t: PooledMap((2, 2), dtype="float64")(t) ** 2, x)


def test_round_trip():
    pool = PooledMap((2, 3))
    config = keras.saving.serialize_keras_object(pool)
    assert keras.saving.deserialize_keras_object(config).size == (2, 3)


def test_what_does_not_fit_is_our_error():
    with pytest.raises(InputError, match="size of a pooled map"):
        PooledMap((0, 2))
    with pytest.raises(InputError, match="size of a pooled map"):
        PooledMap((2,))
    with pytest.raises(InputError, match="pooled map needs a tap"):
        PooledMap((2, 2)).build((None, 5))
