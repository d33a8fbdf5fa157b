import keras
import numpy as np
import pytest

from tests.gradients import assert_gradient
from tests.parity.adapters.helpers import evaluate
from tfkd.errors import InputError
from tfkd.losses import ExplanationMatch

TEACHER = {
    # (batch, classes, height, width), of two classes.
    "t:gradcam": np.array([[[[9.0, 9.0]], [[3.0, 4.0]]]]),
    "logits": np.array([[0.0, 1.0]]),
}
STUDENT = {"s:gradcam": np.array([[[[1.0, 2.0]], [[2.0, 0.0]]]])}


def loss(**arguments):
    arguments = {"dtype": "float64", **arguments}
    return ExplanationMatch(teacher_tap="t", student_tap="s", **arguments)


def test_maps_of_the_teachers_class_are_compared_at_unit_length():
    # Class 1: (3, 4) / 5 = (0.6, 0.8) and (1, 0): 0.16 + 0.64 = 0.8.
    np.testing.assert_allclose(evaluate(loss(), TEACHER, STUDENT), 0.8)
    other = {**TEACHER, "logits": np.array([[1.0, 0.0]])}
    # Class 0: (1, 1) / sqrt 2 and (1, 2) / sqrt 5: 2 - 2 * 3 / sqrt 10.
    expected = 2 - 6 / np.sqrt(10)
    np.testing.assert_allclose(evaluate(loss(), other, STUDENT), expected)


def test_maps_are_averaged_to_the_smaller_size():
    student = {"s:gradcam": np.array([[[[1.0, 1.0, 0.0, 0.0]]] * 2])}
    student["s:gradcam"] = student["s:gradcam"].reshape(1, 2, 1, 4)
    # (1, 1, 0, 0) becomes (1, 0).
    np.testing.assert_allclose(evaluate(loss(), TEACHER, student), 0.8)


def test_a_map_that_speaks_for_nothing_is_zero_and_finite():
    zeros = {"s:gradcam": np.zeros((1, 2, 1, 2))}
    np.testing.assert_allclose(evaluate(loss(), TEACHER, zeros), 1.0)


@pytest.mark.parametrize("scale", [1e-30, 1e-8, 1e4, 1e30])
def test_is_finite_and_free_of_scale_in_float32(scale):
    part = loss(dtype="float32")
    teacher = {
        **{k: v.astype("float32") for k, v in TEACHER.items()},
        "t:gradcam": (scale * TEACHER["t:gradcam"]).astype("float32"),
    }
    student = {"s:gradcam": (scale * STUDENT["s:gradcam"]).astype("float32")}
    np.testing.assert_allclose(evaluate(part, teacher, student), 0.8, rtol=1e-5)


def test_gradient():
    random = np.random.default_rng(0)
    teacher = {
        "t:gradcam": random.uniform(0.1, 1, (3, 2, 2, 3)),
        "logits": random.normal(size=(3, 2)),
    }
    student = random.uniform(0.1, 1, (3, 2, 2, 3))
    part = loss()
    evaluate(part, teacher, {"s:gradcam": student})
    assert_gradient(lambda s: part(teacher, {"s:gradcam": s}), student)


def test_round_trip():
    part = loss(weight=2.0)
    config = keras.saving.serialize_keras_object(part)
    again = keras.saving.deserialize_keras_object(config)
    assert again.get_config() == part.get_config()


def test_other_classes_are_our_error():
    with pytest.raises(InputError, match="class by class"):
        evaluate(loss(), TEACHER, {"s:gradcam": np.zeros((1, 3, 1, 2))})
    maps = {
        "s:gradcam": keras.KerasTensor((None, 2, None, None)),
        "logits": keras.KerasTensor((None, 2)),
    }
    with pytest.raises(InputError, match="known sizes"):
        loss().setup({**maps, "t:gradcam": maps["s:gradcam"]}, maps)
