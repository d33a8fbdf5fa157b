import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import CorrectOnly
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss

TEACHER = np.float32([[2, 0], [2, 0], [0, 2], [0, 2]])
STUDENT = np.float32([[0, 0], [1, 0], [0, 0], [1, 0]])


def loss(**arguments):
    made = CorrectOnly(part=SoftTargets(temperature=1.0, **arguments))
    logits = keras.KerasTensor((None, 2))
    made.setup({"logits": logits}, {"logits": logits})
    return made


def values(made, labels, student=STUDENT):
    teacher = {"logits": TEACHER}
    return np.array(made(teacher, {"logits": student}, labels=labels))


def test_only_examples_that_the_teacher_knows_count():
    part = SoftTargets(temperature=1.0)
    every = np.array(part({"logits": TEACHER}, {"logits": STUDENT}))
    assert np.all(every > 0.05)
    # Right, wrong, right, hidden.
    found = values(loss(), np.array([0, 1, 1, -1]))
    np.testing.assert_allclose(found, every * [1, 0, 1, 0], rtol=1e-6)


def test_one_hot_labels_and_columns_are_the_same():
    expected = values(loss(), np.array([0, 1, 1, 0]))
    one_hot = np.float32([[1, 0], [0, 1], [0, 1], [1, 0]])
    np.testing.assert_array_equal(values(loss(), one_hot), expected)
    column = np.array([[0], [1], [1], [0]])
    np.testing.assert_array_equal(values(loss(), column), expected)


def test_the_weight_of_the_part_counts():
    labels = np.array([0, 1, 1, 0])
    np.testing.assert_allclose(
        values(loss(weight=3.0), labels), 3 * values(loss(), labels), rtol=1e-6
    )


def test_it_reads_what_the_part_and_it_read():
    made = CorrectOnly(
        part=TaskLoss(student_tap="exit"), teacher_tap="2/logits"
    )
    assert made.teacher_taps == ("2/logits",)
    assert made.student_taps == ("exit",)
    assert made.needs_labels


def test_gradient():
    part = TaskLoss(student_tap="logits", dtype="float64")
    made = CorrectOnly(part=part, dtype="float64")
    labels = np.array([0, 1, 1, -1])
    teacher = {"logits": tf.constant(TEACHER, "float64")}
    assert_gradient(
        lambda s: made(teacher, {"logits": s}, labels=labels), STUDENT
    )


def test_round_trip():
    made = loss(weight=2.0)
    config = keras.saving.serialize_keras_object(made)
    copy = keras.saving.deserialize_keras_object(config)
    assert copy.get_config() == made.get_config()


def test_bad_taps_and_missing_labels_are_errors():
    maps = {"logits": keras.KerasTensor((None, 4, 4, 2))}
    with pytest.raises(InputError, match="needs logits \\(batch, classes\\)"):
        CorrectOnly(part=SoftTargets()).setup(maps, maps)
    with pytest.raises(InputError, match="needs labels"):
        values(loss(), None)
