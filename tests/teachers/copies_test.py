import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import SPARSE
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd import distillers
from tfkd import taps
from tfkd import teachers
from tfkd.errors import InputError
from tfkd.losses import SoftTargets


def connected(teacher):
    student = dense()
    teacher.connect(("logits",), student)
    return student


def moved(student, amount):
    student.set_weights([w + amount for w in student.get_weights()])


def test_the_average_follows_the_student():
    teacher = teachers.EMATeacher(decay=0.75)
    student = connected(teacher)
    start = student.get_weights()
    moved(student, 1.0)
    teacher.update(student, 100)
    # 0.75 w + 0.25 (w + 1)
    for old, new in zip(start, teacher.copy.get_weights()):
        np.testing.assert_allclose(new, old + 0.25, rtol=1e-5)


def test_the_average_follows_weights_of_any_float_type():
    teacher = teachers.EMATeacher(decay=0.999)
    student = dense(dtype="bfloat16")
    for weight in student.weights:
        weight.assign(keras.ops.zeros_like(weight))
    teacher.connect(("logits",), student)
    moved(student, 1.0)
    for step in range(2):
        teacher.update(student, 5000 + step)
    # 1 - 0.999^2; in bfloat16, 0.999 is 1.
    for weight in teacher.copy.get_weights():
        np.testing.assert_allclose(
            weight.astype("float32"), 0.001999, rtol=0.004
        )


def test_the_first_steps_are_a_plain_average():
    teacher = teachers.EMATeacher(decay=0.999)
    student = connected(teacher)
    start = student.get_weights()
    moved(student, 1.0)
    teacher.update(student, 1)
    for old, new in zip(start, teacher.copy.get_weights()):
        np.testing.assert_allclose(new, old + 0.5, rtol=1e-5)


def test_a_snapshot_is_taken_at_the_end_of_a_cycle():
    teacher = teachers.SnapshotTeacher(cycle_steps=3)
    student = connected(teacher)
    start = student.get_weights()
    moved(student, 1.0)
    teacher.update(student, 2)
    np.testing.assert_array_equal(start[0], teacher.copy.get_weights()[0])
    teacher.update(student, 3)
    for mine, theirs in zip(teacher.copy.get_weights(), student.get_weights()):
        np.testing.assert_array_equal(mine, theirs)


def test_the_copy_is_updated_each_step_and_never_trained():
    teacher = teachers.EMATeacher(decay=0.5)
    student = dense()
    model = distillers.Distiller(
        student=student, teacher=teacher, distillation_losses=SoftTargets()
    )
    model.compile(keras.optimizers.SGD(0.1), loss=SPARSE)
    start = student.get_weights()
    model.train_on_batch(*batch())
    for old, new, mine in zip(
        start, student.get_weights(), teacher.copy.get_weights()
    ):
        np.testing.assert_allclose(mine, (old + new) / 2, atol=1e-6)
    assert not teacher.trainable_variables


def test_the_copy_of_a_network_follows_the_whole_network():
    student = dense()
    network = taps.extend(
        student,
        ["stage1"],
        lambda inputs, t: {
            "exit": keras.layers.Dense(4, name="exit")(t["stage1"])
        },
    )
    teacher = teachers.SnapshotTeacher(cycle_steps=1)
    model = distillers.Distiller(
        student=student,
        network=network,
        teacher=teacher,
        distillation_losses=SoftTargets(teacher_tap="exit", student_tap="exit"),
    )
    model.compile(keras.optimizers.SGD(0.1), loss=SPARSE)
    model.train_on_batch(*batch())
    for mine, theirs in zip(
        teacher.copy.get_weights(), network.get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


def test_numbers_out_of_range_are_our_error():
    with pytest.raises(InputError, match="decay"):
        teachers.EMATeacher(decay=1.0)
    with pytest.raises(InputError, match="cycle_steps"):
        teachers.SnapshotTeacher(cycle_steps=0)


@pytest.mark.parametrize("used", [True, False])
def test_a_copy_normalizes_by_the_batch_if_told_to(used):
    student = keras.Sequential(
        [keras.Input((5,)), keras.layers.BatchNormalization(name="norm")]
    )
    teacher = teachers.EMATeacher(training=True, batch_statistics=used)
    teacher.connect(("norm",), student)
    mean = np.mean(teacher(3.0 + batch()[0])["norm"])
    # The moving averages stand at 0 and 1.
    assert abs(mean) < 1e-4 if used else mean > 2
    assert not teacher.trainable_variables
