import keras
import numpy as np
import pytest

from tfkd.distances import L21Distance
from tfkd.errors import InputError
from tfkd.losses import UnlabelledMatch


def built(**arguments):
    loss = UnlabelledMatch(teacher_tap="t", student_tap="s", **arguments)
    spec = keras.KerasTensor((None, 2, 2))
    loss.setup({"t": spec}, {"s": spec})
    return loss


def test_the_mean_is_over_examples_without_label():
    t = np.zeros((3, 2, 2), "float32")
    s = np.float32([[[9, 9], [9, 9]], [[1, 1], [1, 1]], [[3, 1], [1, 1]]])
    # Mean squares 81, 1 and 3; of the last two the mean is 2.
    found = built()({"t": t}, {"s": s}, labels=np.array([4, -1, -1]))
    np.testing.assert_allclose(found, [0.0, 1.5, 4.5], rtol=1e-6)
    np.testing.assert_allclose(np.mean(found), 2.0, rtol=1e-6)


def test_a_mask_with_any_known_pixel_is_a_label():
    t, s = np.zeros((2, 2, 2), "float32"), np.ones((2, 2, 2), "float32")
    masks = np.array([[[-1, -1], [-1, 3]], [[-1, -1], [-1, -1]]])
    found = built()({"t": t}, {"s": s}, labels=masks)
    np.testing.assert_allclose(found, [0.0, 2.0], rtol=1e-6)


def test_is_zero_where_all_have_labels():
    t, s = np.zeros((2, 2, 2), "float32"), np.ones((2, 2, 2), "float32")
    found = built()({"t": t}, {"s": s}, labels=np.array([0, 1]))
    np.testing.assert_array_equal(found, [0.0, 0.0])


def test_round_trip():
    loss = built(distance=L21Distance(axis=-1, reduce="mean"))
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(loss)
    )
    assert type(copy) is UnlabelledMatch
    assert copy.get_config() == loss.get_config()


def test_needs_labels():
    t = np.zeros((1, 2, 2), "float32")
    with pytest.raises(InputError, match="tells labelled examples"):
        built()({"t": t}, {"s": t})
