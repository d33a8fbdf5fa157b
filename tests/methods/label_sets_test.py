import pytest

from tests.conformance import cases
from tfkd.errors import InputError
from tfkd.methods.label_sets import checked_sets
from tfkd.methods.label_sets import layers_of_all
from tfkd.models import build
from tfkd.teachers import as_ensemble


def short(classes=2):
    return build(
        "cnn",
        input_shape=cases.SHAPE,
        num_classes=classes,
        filters=(6, 8),
        strides=(1, 2),
    )


def test_without_sets_every_teacher_knows_all_classes():
    sets = checked_sets("m", None, as_ensemble(short(4)), short(4))
    assert sets == [[0, 1, 2, 3]]


def test_a_class_may_be_left_out_where_the_method_allows_it():
    ensemble = as_ensemble(short(3))
    sets = checked_sets("m", [(0, -1, 1)], ensemble, short(), unwanted=True)
    assert sets == [[0, -1, 1]]
    with pytest.raises(InputError, match="different numbers"):
        checked_sets("m", [(0, -1, 1)], ensemble, short())


def test_the_last_layers_are_paired():
    found = layers_of_all(as_ensemble([cases.teacher(), short()]), short())
    assert found == [
        (("0/stage2", "1/stage1"), "stage1"),
        (("0/stage3", "1/stage2"), "stage2"),
    ]
