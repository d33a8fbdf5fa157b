import keras
import numpy as np
import pytest

from tfkd.errors import InputError
from tfkd.teachers import ViewTeacher


def test_the_tap_is_the_view_itself_in_its_own_type():
    teacher = ViewTeacher((3,), dtype="int32")
    (spec,) = teacher.connect(("view",), None).values()
    assert (spec.shape, spec.dtype) == ((None, 3), "int32")
    x = np.arange(6, dtype="int32").reshape(2, 3)
    found = np.array(teacher(x)["view"])
    np.testing.assert_array_equal(found, x)
    assert found.dtype == "int32"


def test_it_may_be_one_of_several():
    teacher = ViewTeacher((3,), key="sound")
    teacher.connect(("view",), None)
    x = np.arange(6, dtype="float32").reshape(2, 3)
    found = teacher({"sound": x, "image": np.zeros((2, 8), "float32")})
    np.testing.assert_array_equal(found["view"], x)
    with pytest.raises(InputError, match=r"with 'sound', received \['image'\]"):
        teacher({"image": x})
    with pytest.raises(InputError, match="must be a dict"):
        teacher(x)


def test_a_round_trip_keeps_shape_and_type():
    serialized = keras.saving.serialize_keras_object(
        ViewTeacher((3, 4), key="sound", dtype="int32")
    )
    again = keras.saving.deserialize_keras_object(serialized)
    assert (again.shape, again.compute_dtype) == ((3, 4), "int32")
    assert again.key == "sound"


def test_other_taps_and_shapes_are_our_error():
    teacher = ViewTeacher((3,))
    with pytest.raises(InputError, match="tap of the teacher's view"):
        teacher.connect(("logits",), None)
    with pytest.raises(InputError, match="received \\(2, 4\\)"):
        teacher(np.zeros((2, 4), "float32"))
