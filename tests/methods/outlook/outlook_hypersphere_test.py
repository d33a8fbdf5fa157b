import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError

RANDOM = np.random.default_rng(0)


def cnn(filters):
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=filters,
        strides=(1, 2),
    )


def build(**arguments):
    return methods.get("outlook_hypersphere").build(
        teacher=cnn((3, 6)), student=cnn((2, 4)), **arguments
    )


def value(t, s, **arguments):
    (loss,) = build(**arguments).distillation_losses
    return loss({"stage2": np.float32(t)}, {"stage2": np.float32(s)})


def pole_distance(x):
    """On the sphere, after the stereographic projection."""
    x = x / x.shape[-1] ** 0.5
    square = np.sum(x**2, axis=-1)
    return np.arccos((square - 1) / (square + 1)) / np.pi


def test_moments_over_the_positions_of_an_example():
    t = RANDOM.normal(size=(3, 4, 4, 6))
    s = RANDOM.normal(size=(3, 4, 4, 4)) * 3
    expected = sum(
        np.abs(
            np.mean(pole_distance(t) ** r, axis=(1, 2))
            - np.mean(pole_distance(s) ** r, axis=(1, 2))
        )
        for r in (1, 2)
    )
    np.testing.assert_allclose(value(t, s, moments=2), expected, rtol=1e-5)


def test_is_bounded_however_far_apart_features_are():
    t, s = np.zeros((1, 4, 4, 6)), np.full((1, 4, 4, 4), 1e6)
    found = value(t, s, moments=3)
    # Poles: 1 against 0 in each of three moments.
    np.testing.assert_allclose(found, [3.0], rtol=1e-5)


def test_sizes_and_widths_may_differ_and_directions_do_not_count():
    t = np.ones((2, 4, 4, 6))
    s = np.where(RANDOM.normal(size=(2, 8, 8, 4)) > 0, 1.0, -1.0)
    np.testing.assert_allclose(value(t, s), 0, atol=1e-6)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"moments": 0}, "moments must be"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
        ({"student_tap": "embedding"}, "maps with maps"),
        ({"teacher_tap": "stage9"}, "no tap"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
