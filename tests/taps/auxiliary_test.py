import keras
import numpy as np
import pytest

from tfkd import taps
from tfkd.errors import InputError
from tfkd.models import translator
from tfkd.transforms import Montage


def test_runs_the_same_weights_on_both_inputs():
    student = translator.build((4, 4, 1), filters=(2,))
    network = taps.with_auxiliary(student, Montage(2))
    x = np.random.default_rng(0).normal(size=(3, 4, 4, 1)).astype("float32")
    found = network(x, training=True)
    np.testing.assert_array_equal(found["inputs"], x)
    assert not np.array_equal(found["auxiliary"], x)
    for inputs, outputs in (
        (x, found["outputs"]),
        (found["auxiliary"], found["auxiliary_outputs"]),
    ):
        np.testing.assert_allclose(student(inputs), outputs, rtol=1e-5)
    assert len(network.weights) == len(student.weights)


def test_a_student_of_several_inputs_is_our_error():
    inputs = [keras.Input((2,)), keras.Input((2,))]
    student = keras.Model(inputs, keras.layers.Add()(inputs))
    with pytest.raises(InputError, match="one input and one output"):
        taps.with_auxiliary(student, Montage())
