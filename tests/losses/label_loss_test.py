import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import LabelLoss

Y = np.float32([[0, 0], [1, 1]])
S = np.float32([[1, 3], [1, 2]])


def test_is_the_loss_of_each_example():
    loss = LabelLoss(keras.losses.MeanSquaredError(), student_tap="peer")
    # (1 + 9) / 2 and (0 + 1) / 2.
    found = loss({}, {"peer": S}, labels=Y)
    np.testing.assert_allclose(found, [5.0, 0.5], rtol=1e-6)


def test_positions_of_an_example_have_a_mean():
    loss = LabelLoss(keras.losses.MeanAbsoluteError(), student_tap="peer")
    found = loss({}, {"peer": S[None]}, labels=Y[None])
    # ((1 + 3) / 2 + (0 + 1) / 2) / 2.
    np.testing.assert_allclose(found, [1.25], rtol=1e-6)


def test_gradient():
    inner = keras.losses.MeanSquaredError(dtype="float64")
    loss = LabelLoss(inner, student_tap="peer", dtype="float64")
    assert_gradient(
        lambda s: loss({}, {"peer": s}, labels=Y.astype("float64")), S
    )


def test_round_trip():
    loss = LabelLoss(keras.losses.Huber(), student_tap="peer", weight=0.5)
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert copy.get_config() == loss.get_config()
    assert isinstance(copy.loss, keras.losses.Huber)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match=r"needs a keras.losses.Loss"):
        LabelLoss("mse", student_tap="peer")
    loss = LabelLoss(keras.losses.MeanSquaredError(), student_tap="peer")
    with pytest.raises(InputError, match="batch has none"):
        loss({}, {"peer": S})
