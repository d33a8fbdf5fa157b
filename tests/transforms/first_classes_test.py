import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.transforms import FirstClasses


def test_keeps_the_first():
    found = FirstClasses(2)(np.float32([[1, 2, 3], [4, 5, 6]]))
    np.testing.assert_array_equal(found, [[1, 2], [4, 5]])


def test_round_trip():
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(FirstClasses(2))
    )
    assert copy.count == 2


def test_rejects_no_class():
    with pytest.raises(InputError, match="whole number >= 1"):
        FirstClasses(0)


def test_rejects_too_few_classes():
    with pytest.raises(InputError, match="at least 4 classes"):
        FirstClasses(4)(np.ones((1, 3), "float32"))
