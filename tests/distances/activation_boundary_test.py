import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.distances import ActivationBoundary
from tfkd.errors import InputError


def test_is_the_squared_hinge_written_out():
    teacher = np.array([[3.0, 3.0, -1.0, 0.0]], "float32")
    student = np.array([[0.5, 2.0, -0.25, -2.0]], "float32")
    # On: (1 - 0.5)^2, 0; off, zero included: (1 - 0.25)^2, 0.
    found = ActivationBoundary(1.0).call(teacher, student)
    np.testing.assert_allclose(found, [0.25 + 0.5625], rtol=1e-6)
    mean = ActivationBoundary(1.0, reduce="mean").call(teacher, student)
    np.testing.assert_allclose(mean, [0.8125 / 4], rtol=1e-6)


def test_ignores_how_strongly_the_teacher_responds():
    student = np.linspace(-2, 2, 8, dtype="float32").reshape(2, 4)
    teacher = np.array([[1, -1, 2, -2], [-3, 3, 1, -1]], "float32")
    values = [
        ActivationBoundary().call(scale * teacher, student)
        for scale in (1e-8, 1.0, 1e4)
    ]
    np.testing.assert_array_equal(values[0], values[1])
    np.testing.assert_array_equal(values[1], values[2])


def test_is_finite_at_extremes():
    x = np.array([[1e4, -1e4, 1e-8, 0.0]], "float32")
    assert np.all(np.isfinite(ActivationBoundary().call(-x, x)))


def test_gradient_agrees_with_finite_differences():
    random = np.random.default_rng(0)
    teacher, student = random.normal(size=(2, 3, 4))
    distance = ActivationBoundary(0.7, dtype="float64")
    assert_gradient(lambda s: distance.call(teacher, s), student)


def test_config_round_trip():
    distance = ActivationBoundary(0.5, reduce="mean")
    config = keras.saving.serialize_keras_object(distance)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == distance.get_config()


@pytest.mark.parametrize("wrong", [{"margin": 0.0}, {"reduce": "max"}])
def test_rejects_arguments(wrong):
    with pytest.raises(InputError, match="needs margin > 0"):
        ActivationBoundary(**wrong)
