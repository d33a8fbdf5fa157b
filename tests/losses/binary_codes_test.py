import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import BinaryCodes

RANDOM = np.random.default_rng(0)
# Much spread along (3, 4) / 5, little along (4, -3) / 5, around (10, 20).
FIRST, SECOND = np.array([3, 4]) / 5, np.array([4, -3]) / 5
FEATURES = np.array([10, 20]) + np.stack(
    [a * FIRST + b * SECOND for a in (-6, -2, 2, 6) for b in (-1, 1)]
)


def built(bits=2, width=2, **arguments):
    loss = BinaryCodes(teacher_tap="f", student_tap="z", **arguments)
    loss.setup(
        {"f": keras.KerasTensor((None, width))},
        {"z": keras.KerasTensor((None, bits))},
    )
    return loss


def test_bits_are_signs_along_principal_directions():
    loss = built()
    loss.adapt({"f": FEATURES}, None)
    np.testing.assert_allclose(loss.mean, [10, 20], atol=1e-5)
    np.testing.assert_allclose(
        loss.directions, np.stack([FIRST, SECOND], axis=-1), atol=1e-5
    )
    found = loss.codes(np.float32([[16, 28], [4, 12], [14, 17]]))
    # From the mean: 10 along the first, -10 along it, 5 along the second.
    np.testing.assert_array_equal(found[:, 0][:2], [1, 0])
    assert found[2, 1] == 1


def test_the_loss_is_the_mean_cross_entropy_of_bits():
    loss = built()
    loss.directions.assign(np.eye(2))
    # Code (1, 0); sigmoids 3/4 and 1/3: -(log 3/4 + log 2/3) / 2.
    found = loss(
        {"f": np.float32([[1, -1]])},
        {"z": np.log(np.float32([[3, 1 / 2]]))},
    )
    np.testing.assert_allclose(found, [np.log(2) / 2], rtol=1e-5)


@pytest.mark.parametrize("scale", [1e-20, 1e20])
def test_extreme_scores_are_finite(scale):
    loss = built(3, 4)
    z = tf.Variable((scale * RANDOM.normal(size=(5, 3))).astype("float32"))
    f = (scale * RANDOM.normal(size=(5, 4))).astype("float32")
    with tf.GradientTape() as tape:
        value = loss({"f": f}, {"z": z})
    assert np.all(np.isfinite(value))
    assert np.all(np.isfinite(tape.gradient(value, z)))


def test_gradient_agrees_with_finite_differences():
    loss = built(dtype="float64")
    loss.adapt({"f": FEATURES}, None)
    assert_gradient(
        lambda z: loss({"f": FEATURES}, {"z": z}), RANDOM.normal(size=(8, 2))
    )


def test_a_round_trip_keeps_the_arguments():
    loss = BinaryCodes(teacher_tap="f", student_tap="z", weight=2.0)
    again = BinaryCodes.from_config(loss.get_config())
    assert (again.teacher_taps, again.student_taps) == (("f",), ("z",))


def test_too_many_bits_are_our_error():
    with pytest.raises(InputError, match="code of 3 bits needs features"):
        built(bits=3)
    with pytest.raises(InputError, match="code of 2 bits needs as many"):
        built().adapt({"f": FEATURES[:1]}, None)


def test_dense_scores_are_our_error():
    loss = BinaryCodes(teacher_tap="f", student_tap="z")
    taps = {name: keras.KerasTensor((None, 4, 4, 2)) for name in "fz"}
    with pytest.raises(InputError, match="code is of whole examples"):
        loss.setup(taps, taps)
