import keras
import numpy as np
import pytest

from tfkd import transforms
from tfkd.errors import InputError
from tfkd.losses.sensing_points import SensingPoints

PAIRS = (("a", "a"), ("b", "a"))


def specs(**shapes):
    return {n: keras.KerasTensor((None, *s)) for n, s in shapes.items()}


def test_maps_are_sent_into_the_teacher_s_shape():
    loss = SensingPoints(pairs=PAIRS)
    loss.setup(specs(a=(4, 4, 3), b=(2, 2, 5)), specs(a=(4, 4, 3)))
    kinds = [type(part) for part in loss.regressors]
    assert kinds == [transforms.Identity, transforms.Regressor]
    x = np.ones((2, 4, 4, 3), "float32")
    pairs = loss.maps({"a": x, "b": np.ones((2, 2, 2, 5))}, {"a": x})
    np.testing.assert_array_equal(pairs[0][1], x)
    assert pairs[1][1].shape == (2, 2, 2, 5)


def test_each_tap_is_read_once():
    loss = SensingPoints(pairs=PAIRS)
    assert (loss.teacher_taps, loss.student_taps) == (("a", "b"), ("a",))


def test_one_layer_and_vectors_are_our_error():
    with pytest.raises(InputError, match="at least two layers"):
        SensingPoints(pairs=PAIRS[:1])
    with pytest.raises(InputError, match="with at least 4 channels"):
        SensingPoints(pairs=PAIRS, count=4).setup(
            specs(a=(4, 4, 3), b=(2, 2, 5)), specs(a=(4, 4, 3))
        )
