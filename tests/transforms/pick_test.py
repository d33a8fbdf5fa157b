import keras
import numpy as np
import pytest

from tfkd import transforms
from tfkd.errors import InputError


def test_picks_one_tensor_and_keeps_its_type():
    x = {"a": np.float32([1, 2]), "b": np.array([3], "uint8")}
    found = transforms.Pick("b")(x)
    assert found.dtype == "uint8"
    np.testing.assert_array_equal(found, [3])


def test_a_dict_with_another_name_and_no_dict_are_our_error():
    with pytest.raises(InputError, match=r"'depth', received \['flow'\]"):
        transforms.Pick("depth")({"flow": np.float32([1])})
    with pytest.raises(InputError, match="must be a dict with 'depth'"):
        transforms.Pick("depth")(np.float32([1]))


def test_round_trip():
    layer = transforms.Pick("depth")
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert copy.key == "depth"
