import keras
import numpy as np
import pytest
import tensorflow as tf

from tfkd import schedules
from tfkd.errors import InputError
from tfkd.losses import Photometric
from tfkd.losses import RefinedMap

RANDOM = np.random.default_rng(0)
PAIR = RANDOM.uniform(0, 16, (2, 4, 5, 2)).astype("float32")
OWN = np.zeros((2, 4, 5, 1), "float32")


def photometric(**arguments):
    arguments = {"structure": 0.0, "smoothness": 0.0, **arguments}
    return Photometric(
        student_tap="d", pair_tap="pair", value_range=(0.0, 16.0), **arguments
    )


def built(**arguments):
    loss = RefinedMap(photometric(), filters=(3,), **arguments)
    loss.setup(
        {"pair": keras.KerasTensor((None, 4, 5, 2))},
        {"d": keras.KerasTensor((None, 4, 5, 1))},
    )
    return loss


def test_total_is_the_equation():
    loss = built(distillation=3.0)
    # Of the input [I, I - W, d] the correction is 2 (I - W).
    weights = [np.zeros_like(w) for w in loss.refiner.get_weights()]
    weights[0][1, 1, 1, :2] = [1.0, -1.0]
    # A leaky ReLU of x and of -x: 1.2 x together.
    weights[2][1, 1, :2, 0] = [2 / 1.2, -2 / 1.2]
    loss.refiner.set_weights(weights)
    left, right = PAIR[..., 0] / 16, PAIR[..., 1] / 16
    better = 2 * (left - right)
    # Columns to the left, between pixels, held at the border.
    place = np.clip(np.arange(5) - better, 0, 4)
    low = np.minimum(np.floor(place).astype(int), 3)
    share = place - low
    at = (
        np.take_along_axis(right, low, 2),
        np.take_along_axis(right, low + 1, 2),
    )
    moved = (1 - share) * at[0] + share * at[1]
    expected = np.abs(left - moved) + 3 * np.abs(better)
    found = loss({"pair": PAIR}, {"d": OWN})
    np.testing.assert_allclose(found, expected.mean((1, 2)), rtol=1e-4)


def test_the_weight_of_the_photometric_loss_counts():
    loss = built(distillation=0.0)
    once = np.asarray(loss({"pair": PAIR}, {"d": OWN}))
    loss.photometric.weight = schedules.get(3.0, "weight")
    np.testing.assert_allclose(
        loss({"pair": PAIR}, {"d": OWN}), 3 * once, rtol=1e-6
    )


def test_the_correction_is_a_constant_for_what_learns_from_it():
    loss, plain = built(distillation=1.0), built(distillation=0.0)
    plain.refiner.set_weights(loss.refiner.get_weights())
    gradients = []
    for each in (loss, plain):
        with tf.GradientTape() as tape:
            value = tf.reduce_sum(each({"pair": PAIR}, {"d": OWN}))
        gradients.append(tape.gradient(value, each.refiner.trainable_variables))
    # The distance between both moves the refiner nowhere.
    for first, second in zip(*gradients, strict=True):
        np.testing.assert_allclose(first, second, rtol=1e-4, atol=1e-6)


def test_extremes_are_finite():
    loss = built()
    for scale in (0.0, 1e-30, 1e8):
        own = tf.constant(OWN + np.float32(scale))
        with tf.GradientTape() as tape:
            tape.watch(own)
            value = loss({"pair": PAIR * np.float32(scale)}, {"d": own})
        assert np.all(np.isfinite(value))
        assert np.all(np.isfinite(tape.gradient(value, own)))


def test_config_round_trip():
    loss = built(distillation=0.3)
    copy = RefinedMap.from_config(loss.get_config())
    assert (copy.distillation, copy.filters) == (0.3, (3,))
    assert copy.photometric.get_config() == loss.photometric.get_config()


@pytest.mark.parametrize(
    ("given", "arguments", "message"),
    [
        (None, {}, "needs a tfkd.losses.Photometric"),
        (photometric(pair_of="student"), {}, "of a pair of the teacher"),
        (photometric(back_tap="b"), {}, "without back_tap"),
        (photometric(), {"filters": ()}, "needs filters"),
        (photometric(), {"distillation": -1.0}, "needs filters"),
    ],
)
def test_mistakes_are_our_errors(given, arguments, message):
    with pytest.raises(InputError, match=message):
        RefinedMap(given, **arguments)
