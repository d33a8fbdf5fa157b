import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import FeatureAmalgamation


def made(dtype="float32", **arguments):
    loss = FeatureAmalgamation(
        teacher_taps=("0/f", "1/f"), student_tap="f", dtype=dtype, **arguments
    )
    loss.setup(
        {
            "0/f": keras.KerasTensor((None, 2, 2, 1)),
            "1/f": keras.KerasTensor((None, 4, 4, 2)),
        },
        {"f": keras.KerasTensor((None, 2, 2, 2))},
    )
    return loss


def set_to(layer, kernel, bias):
    layer.kernel.assign(np.array(kernel))
    layer.bias.assign(np.array(bias))


def maps(first, second, own):
    """Constant maps of these channels."""
    teacher = {
        "0/f": np.zeros((1, 2, 2, 1), "float32") + np.float32(first),
        "1/f": np.zeros((1, 4, 4, 2), "float32") + np.float32(second),
    }
    return teacher, {"f": np.zeros((1, 2, 2, 2), "float32") + np.float32(own)}


def test_by_hand():
    loss = made(encoder_steps=3)
    # c = (F_0, F_1a); decoders give back F_0 + 1 and (F_1a, 0).
    set_to(loss.encoder, [[1, 0], [0, 1], [0, 0]], [0, 0])
    set_to(loss.decoders[0], [[1], [0]], [1])
    set_to(loss.decoders[1], [[0, 0], [1, 0]], [0, 0])
    set_to(loss.adapter, [[1, 0], [0, 1]], [0, 2])
    taps = maps([5.0], [7.0, 4.0], [3.0, 5.0])
    # Lost: 1^2, and (0 + 4^2) / 2. Apart: (3, 5 + 2) from (5, 7): 2^2 / 2.
    np.testing.assert_allclose(loss(*taps, step=0), [9.0], rtol=1e-6)
    np.testing.assert_allclose(loss(*taps, step=3), [11.0], rtol=1e-6)


def test_the_student_does_not_move_the_code():
    loss = made()
    teacher, student = maps([5.0], [7.0, 4.0], [3.0, 5.0])
    set_to(loss.decoders[0], [[0], [0]], [5])
    set_to(loss.decoders[1], [[0, 0], [0, 0]], [7, 4])
    with tf.GradientTape() as tape:
        value = loss(teacher, student)
    assert float(value[0]) > 0
    gradient = tape.gradient(value, loss.encoder.kernel)
    np.testing.assert_array_equal(gradient, 0)


def test_gradient():
    keras.utils.set_random_seed(0)
    loss = made("float64")
    teacher, student = maps([5.0], [7.0, 4.0], [3.0, 5.0])
    teacher = {name: x.astype("float64") for name, x in teacher.items()}
    assert_gradient(lambda f: loss(teacher, {"f": f}), student["f"])


def test_extreme_maps_are_finite():
    for size in (0.0, 1e-8, 1e4):
        found = made()(*maps([size], [size, -size], [size, size]))
        assert np.all(np.isfinite(found))


def test_vectors_are_our_error():
    loss = FeatureAmalgamation(teacher_taps=("f",), student_tap="f")
    with pytest.raises(InputError, match="Choose convolutional taps"):
        loss.setup(
            {"f": keras.KerasTensor((None, 2))},
            {"f": keras.KerasTensor((None, 2, 2, 1))},
        )
