import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import SureRegions
from tfkd.errors import InputError


def test_regions_count_fully_where_the_teacher_is_sure():
    # Logits 0 and -2 are 0.5 and 0.12: the first region is sure at 0.4.
    t = np.float32([[[1, 0], [3, -2]]])
    s = np.float32([[[0, 1], [1, -2]]])
    # Squares (1 + 1) and (4 + 0), the latter times 0.5^2; over 4 numbers.
    found = SureRegions(blend=0.5, numbers=1).call(t, s)
    np.testing.assert_allclose(found, [(2 + 4 / 4) / 4], rtol=1e-6)
    found = SureRegions(threshold=0.0, numbers=1).call(t, s)
    np.testing.assert_allclose(found, [6 / 4], rtol=1e-6)


def test_the_weight_is_that_of_a_target_between_both():
    t, s = np.random.default_rng(0).normal(size=(2, 3, 4, 6))
    blend = 0.4
    target = blend * t + (1 - blend) * s
    found = SureRegions(threshold=1.0, blend=blend, dtype="float64").call(t, s)
    expected = np.mean((target - s) ** 2, axis=(1, 2))
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_gradient_agrees_with_finite_differences():
    t, s = np.random.default_rng(0).normal(size=(2, 3, 4, 6))
    distance = SureRegions(dtype="float64")
    assert_gradient(lambda x: distance.call(t, x), s)


def test_config_round_trip():
    distance = SureRegions(threshold=0.3, blend=0.2, numbers=2, name="tkd")
    config = keras.saving.serialize_keras_object(distance)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == distance.get_config()


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="in \\[0, 1\\]"):
        SureRegions(threshold=2)
    for shape in ((None, 8), (None, 3, 4), (None, None, None)):
        with pytest.raises(InputError, match="answers for regions"):
            SureRegions().validate(shape, shape)
    with pytest.raises(InputError, match="of one shape"):
        SureRegions().validate((None, 8, 6), (None, 8, 7))
