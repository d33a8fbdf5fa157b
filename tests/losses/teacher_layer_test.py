import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.distances import LpDistance
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import MemoryContrast
from tfkd.losses import TeacherLayer
from tfkd.transforms import Identity
from tfkd.transforms import Regressor

T = np.array([[1.0, 2.0], [0.0, -1.0]], "float32")
Z = np.array([[0.0, np.log(3.0)], [0.0, 0.0]], "float32")
S = np.array([[1.0, 0.0, 2.0], [1.0, 1.0, 1.0]], "float32")


def part(dtype="float32", **arguments):
    return FeatureMatch(
        teacher_tap="layer",
        student_tap="s",
        distance=LpDistance(reduce="sum"),
        teacher_transform=Identity(dtype=dtype),
        student_transform=Identity(dtype=dtype),
        dtype=dtype,
        **arguments,
    )


def built(dtype="float32", **arguments):
    """A layer from 2 to the student's 3 features, and a head to 2 classes."""
    loss = TeacherLayer(
        Regressor(dtype=dtype),
        teacher_tap="t",
        like="s",
        parts=[part(weight=0.5, dtype=dtype)],
        dtype=dtype,
        **arguments,
    )
    specs = {
        "t": keras.KerasTensor((None, 2)),
        "logits": keras.KerasTensor((None, 2)),
    }
    loss.setup(specs, {"s": keras.KerasTensor((None, 3))})
    loss.layer.kernel.assign([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    loss.head.kernel.assign([[0.0, 1.0], [0.0, 0.0], [0.0, 0.0]])
    return loss


def test_is_the_parts_and_the_divergence_from_the_answer_by_hand():
    # TF(F_t) = (1, 2, 2) and (0, -1, -1); answers (0, 1) and (0, 0).
    # Squares: 0 + 4 + 0, and 1 + 4 + 4, times 1/2.
    # KL of (1/4, 3/4) to softmax(0, 1), and of equal ones.
    q, p = np.array([0.25, 0.75]), np.exp([0.0, 1.0]) / (1 + np.e)
    kl = np.sum(q * np.log(q / p))
    found = built()({"t": T, "logits": Z}, {"s": S})
    np.testing.assert_allclose(found, [2 + kl, 4.5], rtol=1e-5)


def test_the_layer_learns_from_the_teacher_and_not_from_the_student():
    loss = built()
    weights = [loss.layer.kernel.value, loss.head.kernel.value]
    gradients = []
    for student in (S, 10 * S):
        with tf.GradientTape() as tape:
            values = loss({"t": T, "logits": Z}, {"s": student})
        gradients.append(tape.gradient(values, weights))
    for first, second in zip(*gradients):
        assert np.any(np.asarray(first) != 0)
        np.testing.assert_array_equal(first, second)


def test_gradient_agrees_with_finite_differences():
    loss = built("float64")
    taps = {"t": T.astype("float64"), "logits": Z.astype("float64")}
    assert_gradient(lambda s: loss(taps, {"s": s}), S)


def test_maps_are_averaged_before_the_head():
    loss = TeacherLayer(
        Identity(),
        teacher_tap="t",
        parts=[part()],
        answer_tap="z",
    )
    specs = {
        "t": keras.KerasTensor((None, 1, 2, 3)),
        "z": keras.KerasTensor((None, 2)),
    }
    loss.setup(specs, {"s": keras.KerasTensor((None, 1, 2, 3))})
    assert loss.teacher_taps == ("t", "z")
    maps = np.arange(6, dtype="float32").reshape(1, 1, 2, 3)
    found = loss.answer(maps)
    expected = maps.mean((1, 2)) @ np.asarray(loss.head.kernel)
    np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_config_round_trip():
    loss = built(weight=2.0)
    config = keras.saving.serialize_keras_object(loss)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == loss.get_config()
    assert copy.like == "s"


def test_it_asks_for_what_its_parts_need():
    memory = MemoryContrast(teacher_tap="layer", student_tap="s", size=4)
    for parts, needs in (([part()], False), ([part(), memory], True)):
        loss = TeacherLayer(Identity(), teacher_tap="t", parts=parts)
        assert loss.needs_index is needs


def test_what_does_not_fit_is_our_error():
    other = FeatureMatch(teacher_tap="t", student_tap="s")
    for parts in ([], [other]):
        with pytest.raises(InputError, match="parts of a TeacherLayer"):
            TeacherLayer(Identity(), teacher_tap="t", parts=parts)
    loss = TeacherLayer(Identity(), teacher_tap="t", parts=[part()])
    maps = keras.KerasTensor((None, 4, 4, 2))
    with pytest.raises(InputError, match="learns from logits"):
        loss.setup({"t": maps, "logits": maps}, {"s": maps})
