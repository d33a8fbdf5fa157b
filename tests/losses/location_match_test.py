import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import LocationMatch

RANDOM = np.random.default_rng(0)


def values(loss, t, s, y):
    return loss({"logits": t}, {"logits": s}, labels=y)


def test_locations_count_where_the_labels_heat_is():
    # One keypoint, two pixels; the heat of the label is 0 and 1/2.
    t, s, y = np.zeros((3, 1, 1, 2, 4), "float32")
    y[..., 0] = [0.0, 0.5]
    s[..., 0] = 1.0
    s[..., 1:] = [[9.0, 9.0, 9.0], [2.0, 0.0, 4.0]]
    # Heat: the norm of (1, 1). Locations: those of (0, 1), (0, 0), (0, 2).
    found = values(LocationMatch(location_weight=3.0), t, s, y)
    np.testing.assert_allclose(found, [np.sqrt(2) + 3 * 1.0], rtol=1e-6)


def test_follows_the_equation():
    t, s, y = RANDOM.normal(size=(3, 2, 3, 4, 8))
    heat = np.linalg.norm((t - s)[..., :2], axis=(1, 2)).mean(-1)
    near = np.concatenate([y[..., :2]] * 3, -1) * (t - s)[..., 2:]
    places = np.linalg.norm(near, axis=(1, 2)).mean(-1)
    found = values(LocationMatch(), *(np.float32(x) for x in (t, s, y)))
    np.testing.assert_allclose(found, heat + places, rtol=1e-5)


def test_gradient():
    t, s, y = RANDOM.normal(size=(3, 1, 2, 2, 4))
    loss = LocationMatch(dtype="float64")
    assert_gradient(
        lambda x: values(loss, tf.constant(t), x, tf.constant(y)), s
    )


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1e4])
def test_extremes_are_finite(scale):
    t, s, y = (
        tf.constant(scale * RANDOM.normal(size=(1, 2, 2, 4)), "float32")
        for _ in range(3)
    )
    with tf.GradientTape() as tape:
        tape.watch(s)
        value = values(LocationMatch(), t, s, y)
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, s)))


def test_round_trip():
    loss = LocationMatch(location_weight=2.0)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()


@pytest.mark.parametrize(
    "shapes", [((2, 2, 4), (2, 3, 4)), ((2, 2, 6),) * 2, ((4,),) * 2]
)
def test_rejects_other_maps(shapes):
    specs = [{"logits": keras.KerasTensor((None, *s))} for s in shapes]
    with pytest.raises(InputError, match="4 J"):
        LocationMatch().setup(*specs)


def test_rejects_labels_and_weights():
    x = np.zeros((1, 2, 2, 4), "float32")
    with pytest.raises(InputError, match="compares labels with a tap"):
        values(LocationMatch(), x, x, None)
    with pytest.raises(InputError, match="location_weight must be"):
        LocationMatch(location_weight=float("inf"))
