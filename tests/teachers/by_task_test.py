import keras
import pytest

from tests.distillers.distiller_test import dense
from tfkd import teachers
from tfkd.errors import InputError

TASKS = ("a", "b")


def multi():
    inputs = keras.Input((4,))
    outputs = {t: keras.layers.Dense(2, name=t)(inputs) for t in TASKS}
    return keras.Model(inputs, outputs)


def test_models_of_all_tasks_teach_each():
    ensemble, found = teachers.by_task([multi(), multi()], TASKS)
    assert len(ensemble.members) == 2
    assert found == {"a": ["0/a", "1/a"], "b": ["0/b", "1/b"]}
    _, found = teachers.by_task(multi(), TASKS)
    assert found == {"a": ["0/a"], "b": ["0/b"]}


def test_models_of_one_task_teach_with_their_logits():
    both, single = multi(), dense((3,))
    ensemble, found = teachers.by_task({"a": [single, both], "b": both}, TASKS)
    # One model is one member, however many tasks it teaches.
    assert [m.model for m in ensemble.members] == [single, both]
    assert found == {"a": ["0/logits", "1/a"], "b": ["1/b"]}


def test_bad_arguments_are_errors():
    with pytest.raises(InputError, match="task of the student named 'c'"):
        teachers.by_task({"c": dense()}, TASKS)
    with pytest.raises(InputError, match="at least one teacher"):
        teachers.by_task({}, TASKS)
    teacher = {"a": [dense((3,)), multi()]}
    with pytest.raises(InputError, match="A task of mtz .* received 2 of 'a'"):
        teachers.by_task(teacher, TASKS, one="mtz")
