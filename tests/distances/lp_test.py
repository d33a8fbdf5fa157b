import numpy as np
import pytest
import tensorflow as tf

from tfkd.distances import LpDistance
from tfkd.errors import InputError

T = np.array([[1.0, 2.0], [0.0, 0.0]], "float32")
S = np.array([[4.0, -2.0], [0.0, 0.0]], "float32")


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        # differences -3 and 4: squares 9 + 16, absolute 3 + 4
        ({"p": 2, "reduce": "sum"}, 25.0),
        ({"p": 2, "reduce": "mean"}, 12.5),
        ({"p": 2, "reduce": "sum", "root": True}, 5.0),
        ({"p": 1, "reduce": "sum"}, 7.0),
        ({"p": 1, "reduce": "mean", "root": True}, 3.5),
    ],
)
def test_values(arguments, value):
    found = LpDistance(**arguments).call(tf.constant(T), tf.constant(S))
    np.testing.assert_allclose(found, [value, 0.0], rtol=1e-6)


def test_a_norm_has_a_finite_gradient_where_tensors_agree():
    student = tf.Variable(T)
    with tf.GradientTape() as tape:
        value = LpDistance(root=True, reduce="sum")(T, student)
    np.testing.assert_array_equal(tape.gradient(value, student), 0 * T)


def test_it_is_a_keras_loss_with_a_config():
    distance = LpDistance(p=1, reduce="sum", root=True)
    copy = LpDistance.from_config(distance.get_config())
    # mean over the batch of 7 and 0
    assert float(copy(T, S)) == pytest.approx(3.5)


def test_half_precision_is_computed_in_float32():
    big = tf.constant([[300.0, 0.0]], "float16")
    # 300^2 overflows float16
    assert float(LpDistance(reduce="sum")(big, 0 * big)) == 90000.0


def test_wrong_arguments_are_our_error():
    with pytest.raises(InputError, match="p=3"):
        LpDistance(p=3)
    with pytest.raises(InputError, match="one shape.*Regressor"):
        LpDistance().validate((None, 3), (None, 4))
    LpDistance().validate((None, 3), (8, 3))


def test_config_keeps_the_precision():
    for dtype in ("float32", "float64"):
        distance = LpDistance(dtype=dtype)
        copy = LpDistance.from_config(distance.get_config())
        assert copy.dtype == dtype
