import keras
import pytest

from tests.conformance import cases
from tests.distillers.distiller_test import dense
from tfkd import taps
from tfkd import teachers
from tfkd.errors import InputError


def test_stages_in_order_and_the_middle_one():
    assert taps.stages(cases.student()) == ["stage1", "stage2", "stage3"]
    assert taps.middle_stage(cases.student()) == "stage2"
    assert taps.middle_stage(dense((3, 3))) == "stage1"


def test_pairs_end_together():
    found = taps.stage_pairs(dense((3, 3, 3)), dense((3, 3)))
    assert found == (("stage2", "stage1"), ("stage3", "stage2"))


def test_every_stage_of_the_student_ends_with_a_group():
    found = taps.group_ends(dense((3,) * 5), dense((3, 3)))
    # Groups of stages 1-3 and 4-5.
    assert found == (("stage3", "stage1"), ("stage5", "stage2"))
    found = taps.group_ends(dense((3,) * 4), dense((3, 3)))
    assert found == (("stage2", "stage1"), ("stage4", "stage2"))
    found = taps.group_ends(dense((3,)), dense((3, 3)))
    assert found == (("stage1", "stage1"), ("stage1", "stage2"))


def test_a_frozen_teacher_is_looked_into():
    frozen = teachers.FrozenTeacher(dense((3, 3)))
    assert taps.stages(frozen) == ["stage1", "stage2"]
    assert taps.shape(frozen, "stage2") == (None, 3)


def test_the_smaller_size_is_common():
    teacher, student = cases.teacher(), cases.student()
    assert taps.common_size(teacher, "stage1", student, "stage1") is None
    assert taps.common_size(teacher, "stage1", student, "stage2") == (4, 4)


def test_what_has_no_stages_or_maps_is_our_error():
    with pytest.raises(InputError, match="taps.summary"):
        taps.stages(dense(()))
    with pytest.raises(InputError, match="must be a map"):
        taps.common_size(dense(), "stage1", cases.student(), "stage1")


def test_every_stage_can_be_paired_with_every_other():
    found = taps.all_pairs(dense((3, 3)), dense((3, 3, 3)))
    assert len(found) == 6
    assert found[:2] == (("stage1", "stage1"), ("stage1", "stage2"))


def test_outputs_that_end_in_a_softmax_are_no_logits():
    inputs = keras.Input((4,))
    heads = {
        name: keras.layers.Dense(2, activation)(inputs)
        for name, activation in (("first", None), ("second", "softmax"))
    }
    with pytest.raises(InputError, match=r"\['second'\].*softmax"):
        taps.output_names(keras.Model(inputs, heads))
    model = keras.Model(inputs, {"first": heads["first"]})
    assert taps.output_names(model) == ("first",)
