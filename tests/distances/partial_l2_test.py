import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import PartialL2
from tfkd.errors import InputError


def test_skips_a_student_below_a_negative_teacher():
    teacher = np.array([[-1.0, -1.0, 1.0, 0.0, 0.0]], "float32")
    student = np.array([[-3.0, 0.5, -3.0, -2.0, 2.0]], "float32")
    # Skipped, 1.5^2, 4^2, skipped (zero counts as negative), 2^2.
    found = PartialL2().call(teacher, student)
    np.testing.assert_allclose(found, [2.25 + 16 + 4], rtol=1e-6)
    mean = PartialL2(reduce="mean").call(teacher, student)
    np.testing.assert_allclose(mean, [22.25 / 5], rtol=1e-6)


def test_is_the_squared_distance_where_the_teacher_is_positive():
    random = np.random.default_rng(0)
    teacher = random.uniform(0.1, 1, (2, 3)).astype("float32")
    student = random.normal(size=(2, 3)).astype("float32")
    expected = np.sum((teacher - student) ** 2, axis=1)
    found = PartialL2().call(teacher, student)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_is_finite_at_extremes():
    x = np.array([[1e4, -1e4, 1e-8, 0.0]], "float32")
    assert np.all(np.isfinite(PartialL2().call(-x, x)))


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    teacher, student = random.normal(size=(2, 3, 4))
    distance = PartialL2(dtype="float64")
    assert_gradient(lambda s: distance.call(teacher, s), student)


def test_config_round_trip():
    distance = PartialL2(reduce="mean")
    config = keras.saving.serialize_keras_object(distance)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == distance.get_config()


def test_rejects_another_reduction():
    with pytest.raises(InputError, match="'mean' or 'sum'"):
        PartialL2(reduce="max")
