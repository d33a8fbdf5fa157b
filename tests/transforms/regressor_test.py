import keras
import numpy as np
import pytest

from tfkd import transforms
from tfkd.errors import InputError
from tfkd.transforms import Regressor
from tfkd.transforms import regressor


def test_is_a_1x1_convolution():
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 4)).astype("float32")
    regressor = Regressor(units=6)
    found = regressor(x)
    kernel, bias = regressor.get_weights()
    want = keras.ops.conv(x, kernel[None, None], padding="valid") + bias
    np.testing.assert_allclose(found, want, rtol=1e-5, atol=1e-6)


def test_takes_width_and_size_of_the_other_side():
    regressor = Regressor()
    regressor.match((None, 2, 2, 7))
    assert regressor(np.ones((1, 4, 4, 3), "float32")).shape == (1, 2, 2, 7)


def test_vectors_are_mapped_too():
    regressor = Regressor(use_bias=False)
    regressor.match((None, 5))
    assert regressor(np.ones((2, 3), "float32")).shape == (2, 5)
    assert len(regressor.weights) == 1


def test_unknown_width_and_other_ranks_are_our_error():
    with pytest.raises(InputError, match="units"):
        Regressor().build((None, 3))
    regressor = Regressor()
    regressor.match((None, 2, 2, 7))
    with pytest.raises(InputError, match="rank"):
        regressor.build((None, 3))


def test_a_tap_that_fits_needs_no_regressor():
    same = regressor.fitting((None, 4, 4, 3), (8, 4, 4, 3))
    assert isinstance(same, transforms.Identity)
    other = regressor.fitting((None, 4, 4, 3), (None, 8, 8, 2))
    x = np.zeros((2, 8, 8, 2), "float32")
    assert other(x).shape == (2, 4, 4, 3)
    own = regressor.fitting((None, 3), (None, 3), always=True)
    assert isinstance(own, Regressor)
    for shapes in (((None, 4, 4, 3), (None, 6)), ((None, 6), (None, 4, 4, 3))):
        with pytest.raises(InputError, match="keeps the rank"):
            regressor.fitting(*shapes)


def test_a_copy_that_is_not_built_yet_is_built_later():
    layer = Regressor(units=2)
    config = keras.saving.serialize_keras_object(layer)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy(np.ones((1, 3), "float32")).shape == (1, 2)


def test_a_map_for_a_vector_is_our_error():
    layer = Regressor()
    layer.match((None, 7))
    with pytest.raises(InputError, match="keeps the rank"):
        layer.build((None, 4, 4, 3))
