import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import ClassCenters

S = np.float32([[1, 2], [0, 0], [4, 4]])
LOGITS = np.zeros((3, 2), "float32")
CENTERS = np.float32([[1, 0], [0, 3]])


def built(shape=(None, 2), **arguments):
    loss = ClassCenters(**arguments)
    loss.setup(
        {},
        {
            "embedding": keras.KerasTensor(shape),
            "logits": keras.KerasTensor((None, 2)),
        },
    )
    return loss


def value(loss, s=S, labels=(0, 1, -1)):
    taps = {"embedding": s, "logits": LOGITS[: len(s)]}
    if labels is not None:
        labels = np.array(labels)
    return loss({}, taps, labels=labels)


def test_is_the_squared_distance_from_the_centre_of_the_class():
    loss = built()
    loss.centers.assign(CENTERS)
    # (0, 2), (0, -3), and an example without a label.
    np.testing.assert_allclose(value(loss), [4.0, 9.0, 0.0])
    one_hot = np.float32([[1, 0], [0, 1], [0, 0]])
    np.testing.assert_allclose(value(loss, labels=one_hot), [4.0, 9.0, 0.0])


def test_centres_are_drawn_of_a_seed_and_move_to_their_class():
    first, second, other = built(seed=1), built(seed=1), built(seed=2)
    np.testing.assert_array_equal(first.centers, second.centers)
    assert not np.array_equal(first.centers, other.centers)
    first.centers.assign(CENTERS)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(value(first))
    # d/dc ||s - c||^2 = 2 (c - s).
    found = tape.gradient(total, first.centers.value)
    np.testing.assert_allclose(found, [[0, -4], [0, 6]])


def test_gradient():
    loss = built(dtype="float64")
    logits = tf.constant(LOGITS.astype("float64"))
    assert_gradient(
        lambda s: loss(
            {}, {"embedding": s, "logits": logits}, labels=np.array([0, 1, -1])
        ),
        S,
    )


@pytest.mark.parametrize("scale", [0.0, 1e-30, 1e15])
def test_extremes_are_finite(scale):
    loss = built()
    s = tf.constant(S * np.float32(scale))
    with tf.GradientTape() as tape:
        tape.watch(s)
        found = value(loss, s)
    assert np.all(np.isfinite(found))
    assert np.all(np.isfinite(tape.gradient(found, s)))


def test_round_trip():
    loss = ClassCenters(student_tap="s", seed=3, weight=2.0)
    again = ClassCenters.from_config(loss.get_config())
    assert again.get_config() == loss.get_config()
    assert again.student_taps == ("s", "logits")


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="gathers vectors"):
        built(shape=(None, 4, 4, 2))
    with pytest.raises(InputError, match="needs labels"):
        value(built(), labels=None)
