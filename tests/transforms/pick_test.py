import keras
import numpy as np

from tfkd import transforms


def test_picks_one_tensor_and_keeps_its_type():
    x = {"a": np.float32([1, 2]), "b": np.array([3], "uint8")}
    found = transforms.Pick("b")(x)
    assert found.dtype == "uint8"
    np.testing.assert_array_equal(found, [3])


def test_round_trip():
    layer = transforms.Pick("depth")
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(layer)
    )
    assert copy.key == "depth"
