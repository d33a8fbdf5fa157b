import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.distances import NormalizedLp

# (3, 4) / 5 = (0.6, 0.8) and (0, 2) / 2 = (0, 1): differences 0.6 and -0.2.
T = np.array([[[3.0], [4.0]]], "float32")
S = np.array([[[0.0], [2.0]]], "float32")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"p": 1, "reduce": "sum"}, 0.8),
        ({"p": 2, "reduce": "sum"}, 0.4),
        ({"p": 2, "reduce": "mean"}, 0.2),
        ({"p": 2, "reduce": "sum", "root": True}, 0.4**0.5),
    ],
)
def test_compares_directions(arguments, expected):
    distance = NormalizedLp(**arguments)
    np.testing.assert_allclose(distance.call(T, S), [expected], rtol=1e-6)
    np.testing.assert_allclose(
        distance.call(100 * T, 1e-8 * S), [expected], rtol=1e-6
    )


def test_is_zero_when_directions_agree():
    np.testing.assert_allclose(NormalizedLp(p=1).call(T, 7 * T), 0, atol=1e-7)


def test_gradient():
    random = np.random.default_rng(0)
    teacher = random.normal(size=(3, 4))
    distance = NormalizedLp(p=1, reduce="sum", dtype="float64")
    assert_gradient(
        lambda s: distance.call(teacher, s), random.normal(size=(3, 4))
    )


@pytest.mark.parametrize("scale", [1e4, 1e-8, 0.0])
def test_is_finite_at_extremes(scale):
    s = tf.constant(scale * S)
    with tf.GradientTape() as tape:
        tape.watch(s)
        value = NormalizedLp(p=1).call(T, s)
    assert np.isfinite(value)
    assert np.all(np.isfinite(tape.gradient(value, s)))


def test_round_trip():
    distance = NormalizedLp(p=1, reduce="sum")
    again = NormalizedLp.from_config(distance.get_config())
    assert again.get_config() == distance.get_config()
