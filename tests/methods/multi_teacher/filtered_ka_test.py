import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": [cases.cnn((6, 8, 12), 3), cases.cnn((5, 7, 9), 2)],
        "student": cases.cnn((4, 6, 8), 4),
        "label_sets": ((0, -1, 1), (2, 3)),
        "block_steps": 5,
        **arguments,
    }
    return methods.get("filtered_ka").build(**arguments)


def test_classes_that_are_not_wanted_are_filtered_out():
    # Of logits (0, 9, ln 3) the first teacher's 9 is left out:
    # (1/4, 3/4) against a uniform student.
    first = build().distillation_losses[0]
    kl = 1 / 4 * np.log(1 / 2) + 3 / 4 * np.log(3 / 2)
    found = first(
        {"0/logits": np.float32([[0, 9, np.log(3)]])},
        {"logits": np.float32([[1, 1, 7, 8]])},
    )
    np.testing.assert_allclose(found, [kl], rtol=1e-5)


def test_every_block_goes_through_every_teacher():
    losses = build().distillation_losses[2:]
    assert [(loss.member, loss.teacher_tap) for loss in losses] == [
        (0, "stage1"),
        (1, "stage1"),
        (0, "stage2"),
        (1, "stage2"),
        (0, "stage3"),
        (1, "stage3"),
    ]
    assert losses[0].classes == [0, 2]
    assert [float(losses[0].weight(n)) for n in (0, 4, 5)] == [1, 1, 0]


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="at least two wanted classes"):
        build(label_sets=((0, 1, 2), (3, -1)))
    with pytest.raises(InputError, match="-1 leaves a class out"):
        build(label_sets=((0, 0, 1), (2, 3)))
    with pytest.raises(InputError, match="steps must be at least 1"):
        build(block_steps=0)
