import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.parity.extremes.tensors import extremes
from tfkd import distances
from tfkd import losses
from tfkd.errors import InputError

TAPS = "logits:jacobian", "logits"


def made(**arguments):
    loss = losses.JacobianMatch(**arguments)
    shape = (None, 3) if loss.outputs == "largest" else (None, 2, 3)
    specs = {
        name: keras.KerasTensor(shape if ":" in name else (None, 2))
        for name in (*loss.teacher_taps, *loss.student_taps)
    }
    loss.setup(specs, specs)
    return loss


def taps(jacobian, logits=((0.0, 0.0),)):
    return {
        "logits:jacobian": np.array(jacobian, "float32"),
        "logits": np.array(logits, "float32"),
    }


# Rows of lengths 5, 1 and 2, 10: unit rows (.6, .8, 0), (1, 0, 0) and
# (0, 1, 0), (0, 0, 1).
TEACHER = taps([[[3.0, 4.0, 0.0], [1.0, 0.0, 0.0]]], [[0.0, 7.0]])
STUDENT = taps([[[0.0, 2.0, 0.0], [0.0, 0.0, 10.0]]], [[9.0, 0.0]])


def test_the_teacher_chooses_the_output_of_both():
    # The second: (1, 0, 0) - (0, 0, 1), of squared length 2.
    np.testing.assert_allclose(made()(TEACHER, STUDENT), [2.0], rtol=1e-6)


def test_the_label_chooses_the_output():
    loss = made(outputs="label")
    # The first: (.6, .8, 0) - (0, 1, 0), .36 + .04.
    found = loss(TEACHER, STUDENT, labels=np.array([0]))
    np.testing.assert_allclose(found, [0.4], rtol=1e-6)
    np.testing.assert_array_equal(
        loss(TEACHER, STUDENT, labels=np.array([-1])), [0.0]
    )
    assert loss.needs_labels


def test_all_outputs_count_alike():
    found = made(outputs="all")(TEACHER, STUDENT)
    np.testing.assert_allclose(found, [(0.4 + 2.0) / 2], rtol=1e-6)


def test_each_network_may_choose_its_own():
    loss = made(outputs="largest")
    assert loss.teacher_taps == loss.student_taps == ("logits:gradient",)
    found = loss(
        {"logits:gradient": np.array([[3.0, 4.0, 0.0]], "float32")},
        {"logits:gradient": np.array([[0.0, 2.0, 0.0]], "float32")},
    )
    np.testing.assert_allclose(found, [0.4], rtol=1e-6)


def test_the_distance_can_be_another():
    loss = made(distance=distances.LpDistance(reduce="mean"))
    np.testing.assert_allclose(loss(TEACHER, STUDENT), [2 / 3], rtol=1e-6)


@pytest.mark.parametrize("extreme", extremes((4, 2, 3)))
def test_is_finite_at_the_ends_of_float32(extreme):
    teacher, student = extremes((4, 2, 3))[extreme]
    tensor = tf.constant(student)
    loss = made(outputs="all")
    with tf.GradientTape() as tape:
        tape.watch(tensor)
        values = loss({"logits:jacobian": teacher}, {"logits:jacobian": tensor})
    assert np.all(np.isfinite(values))
    assert np.all(np.isfinite(tape.gradient(values, tensor)))
    if teacher is student:
        np.testing.assert_allclose(values, 0.0, atol=1e-12)


def test_rejects_unknown_outputs_and_other_shapes():
    with pytest.raises(InputError, match="'teacher'"):
        losses.JacobianMatch(outputs="techer")
    loss = losses.JacobianMatch(outputs="all")
    name = "logits:jacobian"
    with pytest.raises(InputError, match="same input and outputs"):
        loss.setup(
            {name: keras.KerasTensor((None, 2, 3))},
            {name: keras.KerasTensor((None, 4, 3))},
        )


def test_labels_must_be_there():
    with pytest.raises(InputError, match="needs labels"):
        made(outputs="label")(TEACHER, STUDENT)
