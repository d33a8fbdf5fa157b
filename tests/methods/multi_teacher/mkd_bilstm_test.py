import keras
import numpy as np
import pytest

from tests.conformance.cases import sequences
from tfkd import methods
from tfkd.errors import InputError

TASKS = sequences.SEQUENCE.TASKS


def build(**arguments):
    arguments = {
        "teacher": sequences.transformer(num_classes=TASKS),
        "student": sequences.bilstm(),
        **arguments,
    }
    return methods.get("mkd_bilstm").build(**arguments)


@pytest.mark.parametrize(("reduce", "divisor"), [("sum", 1), ("mean", 3)])
def test_logits_of_every_task_are_compared(reduce, divisor):
    package, opening = build(reduce=reduce).distillation_losses
    teacher = {
        "0/package": np.float32([[1, 2, 3]]),
        "0/opening": np.float32([[1, -1]]),
    }
    student = {
        "package": np.float32([[0, 2, 5]]),
        "opening": np.float32([[1, -1]]),
    }
    # 1 + 0 + 4 = 5; equal: 0.
    np.testing.assert_allclose(package(teacher, student), [5 / divisor])
    np.testing.assert_allclose(opening(teacher, student), [0.0])


def test_one_student_learns_two_tasks_without_labels():
    keras.utils.set_random_seed(0)
    teacher, student = (
        sequences.transformer(num_classes=TASKS),
        sequences.bilstm(),
    )
    distiller = build(teacher=teacher, student=student)
    distiller.compile(keras.optimizers.Adam(0.01), jit_compile=False)
    x, _ = sequences.two_tasks(count=32)
    logs = distiller.fit(x, epochs=20, batch_size=16, verbose=0).history
    for task in TASKS:
        assert logs[f"logits_{task}"][-1] < 0.5 * logs[f"logits_{task}"][0]


def test_tasks_may_have_teachers_of_their_own():
    package, opening = (
        sequences.transformer(num_classes=classes) for classes in TASKS.values()
    )
    distiller = build(teacher={"package": package, "opening": opening})
    taps = [loss.teacher_taps for loss in distiller.distillation_losses]
    assert taps == [("0/logits",), ("1/logits",)]


def test_rejects_arguments():
    with pytest.raises(InputError, match="has one teacher"):
        build(teacher=sequences.teachers_of_tasks())
    with pytest.raises(InputError, match="tensors of one shape"):
        build(teacher={"opening": sequences.transformer()})
    with pytest.raises(InputError, match="reduce 'mean' or 'sum'"):
        build(reduce="max")
