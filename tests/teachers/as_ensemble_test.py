import pytest

from tfkd import models
from tfkd.errors import InputError
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import FrozenTeacher
from tfkd.teachers import as_ensemble


def mlp():
    return models.build("mlp", input_shape=(5,), num_classes=2)


def test_one_teacher_or_several_become_members():
    first, second = mlp(), mlp()
    assert [m.model for m in as_ensemble(first).members] == [first]
    found = as_ensemble([FrozenTeacher(first), second])
    assert [m.model for m in found.members] == [first, second]
    assert found.weights_ == [0.5, 0.5]


def test_an_ensemble_stays_what_it_is():
    ensemble = EnsembleTeacher([mlp()])
    assert as_ensemble(ensemble) is ensemble


def test_what_is_no_teacher_is_an_error():
    with pytest.raises(InputError, match="must be a keras.Model"):
        as_ensemble(["model"])
    with pytest.raises(InputError, match="at least one teacher"):
        as_ensemble([])
