import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd.errors import InputError
from tfkd.transforms import DynamicTemperature

T = np.array([[1.0, 0.0], [0.0, 2.0]], "float32")
S = np.array([[3.0, 0.0], [3.0, 4.0]], "float32")


@pytest.mark.parametrize(
    ("power", "expected"),
    [
        # Cosines 1 and 0.8: w = 0 and 0.2; 4 + 10 (0.1 - w).
        (1.0, [5.0, 3.0]),
        # w = 0 and 0.04; 4 + 10 (0.02 - w).
        (2.0, [4.2, 3.8]),
    ],
)
def test_unlike_predictions_lower_the_temperature(power, expected):
    found = DynamicTemperature(bias=10.0, power=power)(T, S, temperature=4.0)
    assert found.shape == (2, 1)
    np.testing.assert_allclose(found[:, 0], expected, rtol=1e-5)


def test_unsure_students_lower_the_temperature():
    # Maxima 1/2 and 4/5: w = 2 and 1.25, mean 1.625; 4 + 2 (1.625 - w).
    student = np.array([[0.0, 0.0], [np.log(4.0), 0.0]], "float32")
    found = DynamicTemperature("confidence", bias=2.0)(
        T, student, temperature=4.0
    )
    np.testing.assert_allclose(found[:, 0], [3.25, 4.75], rtol=1e-6)


def test_no_temperature_falls_below_the_minimum():
    # 1 + 10 (0.1 - 0.2) = 0 would be no temperature.
    found = DynamicTemperature(bias=10.0, minimum=0.5)(T, S, temperature=1.0)
    np.testing.assert_allclose(found[:, 0], [2.0, 0.5], rtol=1e-5)


def test_one_example_has_the_common_temperature():
    found = DynamicTemperature()(T[1:], S[1:], temperature=4.0)
    np.testing.assert_array_equal(found, [[4.0]])


@pytest.mark.parametrize("score", ["similarity", "confidence"])
def test_extreme_logits_have_a_temperature_and_no_gradient(score):
    student = tf.Variable(1e4 * S)
    with tf.GradientTape() as tape:
        found = DynamicTemperature(score, power=0.25)(
            0 * T, student, temperature=4.0
        )
    assert np.all(np.isfinite(found))
    assert tape.gradient(found, student) is None


def test_config_round_trip():
    transform = DynamicTemperature("confidence", bias=3.0, minimum=2.0)
    config = keras.saving.serialize_keras_object(transform)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == transform.get_config()


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"score": "similar"}, "Closest: 'similarity'"),
        ({"bias": -1.0}, "bias >= 0"),
        ({"power": 0.0}, "power > 0"),
        ({"minimum": 0.0}, "minimum > 0"),
    ],
)
def test_bad_arguments_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        DynamicTemperature(**arguments)
