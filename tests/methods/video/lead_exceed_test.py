import keras
import numpy as np
import pytest

from tfkd import methods
from tfkd import models
from tfkd.errors import InputError


def mlp(classes=3):
    return models.build("mlp", input_shape=(2,), num_classes=classes)


def build(**arguments):
    arguments = {"teacher": mlp(), "student": mlp(), **arguments}
    return methods.get("lead_exceed").build(**arguments)


def test_what_the_lead_network_calls_something_else_counts_nothing():
    model = build().stages[0](None)
    (loss,) = model.distillation_losses
    teacher = {"logits": np.float32([[0, 2, 1], [0, 2, 1]])}
    student = {"logits": np.log(np.float32([[1, 2, 1], [1, 2, 1]]))}
    found = loss(teacher, student, labels=np.array([1, 2]))
    # The student gives the first query 2 of 4.
    np.testing.assert_allclose(found, [np.log(2), 0.0], rtol=1e-6)


def test_each_network_chooses_for_the_next():
    teacher, student = mlp(), mlp()
    model = build(teacher=teacher, student=student)
    first = model.stages[0](None)
    assert first.teacher.model is teacher
    assert first.student is not student
    last = model.stages[1](first.student)
    assert last.teacher.model is first.student
    assert last.student is student


def test_it_learns_nothing_where_nothing_is_chosen():
    teacher, student = mlp(), mlp()
    x = np.random.default_rng(0).normal(size=(8, 2)).astype("float32")
    wrong = (np.argmax(teacher(x), axis=-1) + 1) % 3
    model = build(teacher=teacher, student=student, rounds=1)
    before = student.get_weights()
    model.compile(keras.optimizers.SGD(1.0), None)
    model.fit(x, wrong, verbose=0)
    for first, second in zip(before, student.get_weights()):
        np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"rounds": 0}, "rounds of lead_exceed"),
        ({"teacher": mlp(4)}, "the same classes"),
        ({"weight": -1.0}, "weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
