import keras
import numpy as np
import pytest

from tests.conformance import cases
from tests.distillers.distiller_test import batch
from tests.distillers.distiller_test import dense
from tfkd.errors import InputError
from tfkd.teachers import SkippingTeacher

X, _ = batch()


def residual():
    """x1 = relu(W x); x2 = x1 + W' x1 (in the other order)."""
    inputs = keras.Input((5,))
    first = keras.layers.Dense(6, "relu", name="stage1")(inputs)
    branch = keras.layers.Dense(6, name="branch")(first)
    total = keras.layers.Add(name="sum")([branch, first])
    return keras.Model(inputs, keras.layers.Dense(4, name="logits")(total))


def drawn(teacher, tap, count=20):
    names = (tap,) if isinstance(tap, str) else tap
    teacher.connect((*names, "stage1"), dense())
    return [
        {name: np.array(v) for name, v in teacher(X).items()}
        for _ in range(count)
    ]


def test_a_residual_block_is_its_shortcut_where_it_is_skipped():
    model = residual()
    whole = keras.Model(model.input, model.get_layer("sum").output)
    skipped = 0
    for found in drawn(SkippingTeacher(model, rate=0.5), "sum"):
        if np.array_equal(found["sum"], found["stage1"]):
            skipped += 1
        else:
            np.testing.assert_allclose(found["sum"], whole(X), rtol=1e-5)
    # A fair coin shows one side 20 times in 1 of 500,000 seeds.
    assert 0 < skipped < 20


def test_all_of_a_batch_see_one_sub_network():
    for found in drawn(SkippingTeacher(residual(), rate=0.5), "sum"):
        same = np.all(found["sum"] == found["stage1"], axis=1)
        assert same.all() or not same.any()


def test_rate_zero_is_the_model_itself():
    model = residual()
    (found,) = drawn(SkippingTeacher(model, rate=0.0), "logits", 1)
    np.testing.assert_allclose(found["logits"], model(X), rtol=1e-5)


def test_every_residual_block_of_a_zoo_model_is_found():
    teacher = SkippingTeacher(cases.deep_teacher())
    teacher.connect(("logits",), dense())
    assert teacher._rewritten.skipped == [
        "stage1_add",
        "stage2_add",
        "stage3_add",
    ]


def test_a_skip_connection_can_be_added():
    model = dense((6, 6))
    teacher = SkippingTeacher(model, rate=0.5, blocks=(("stage1", "stage2"),))
    kinds = {
        np.array_equal(found["stage2"], found["stage1"])
        for found in drawn(teacher, "stage2")
    }
    assert kinds == {True, False}


def test_blocks_may_begin_at_one_layer():
    blocks = [("stage1", "stage2"), ("stage1", "stage3")]
    teacher = SkippingTeacher(dense((6, 6, 6)), rate=0.5, blocks=blocks)
    kinds = {
        tuple(np.array_equal(found[n], found["stage1"]) for _, n in blocks)
        for found in drawn(teacher, ("stage2", "stage3"))
    }
    assert {(False, False), (True, False), (False, True)} <= kinds
    again = SkippingTeacher.from_config(teacher.get_config())
    assert [tuple(block) for block in again.blocks] == blocks


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({}, "needs blocks to skip"),
        ({"blocks": (("stage2", "stage1"),)}, "before the last"),
        ({"blocks": (("stage1", "stage3"),)}, "keeps the shape"),
        ({"blocks": (("stage1", "stage9"),)}, "Closest: 'stage"),
        ({"blocks": ("stage1", "stage2")}, "is a pair"),
        ({"rate": 1.0}, r"rate must be in \[0, 1\)"),
    ],
)
def test_what_does_not_fit_is_our_error(arguments, match):
    with pytest.raises(InputError, match=match):
        drawn(SkippingTeacher(dense((6, 6, 7)), **arguments), "logits")
