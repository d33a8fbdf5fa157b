import numpy as np
import pytest

from tests.conformance.cases import sequences
from tfkd import methods
from tfkd.errors import InputError


def build(depths=(4, 2), **arguments):
    arguments = {
        "teacher": sequences.transformer(depth=depths[0]),
        "student": sequences.transformer(depth=depths[1]),
        **arguments,
    }
    return methods.get("pkd").build(**arguments)


def layers(distiller):
    _, *patience = distiller.distillation_losses
    return [(p.teacher_taps[0], p.student_taps[0]) for p in patience]


def test_layers_before_the_last_are_paired():
    assert layers(build((6, 3))) == [
        ("stage2", "stage1"),
        ("stage4", "stage2"),
    ]
    assert layers(build((6, 3), strategy="last")) == [
        ("stage4", "stage1"),
        ("stage5", "stage2"),
    ]


@pytest.mark.parametrize(("reduce", "divisor"), [("mean", 8), ("sum", 1)])
def test_states_are_compared_at_length_one(reduce, divisor):
    _, loss = build(reduce=reduce).distillation_losses
    # 8 tokens of 8 features; only the first token, [CLS], counts.
    teacher, student = np.random.default_rng(0).normal(size=(2, 1, 8, 8))
    teacher[:, 0], student[:, 0] = 0, 0
    teacher[0, 0, :2], student[0, 0, :2] = (3, 4), (0, 2)
    # (0.6, 0.8) - (0, 1): 0.36 + 0.04 = 0.4.
    found = loss({"stage2": teacher}, {"stage1": student})
    np.testing.assert_allclose(found, [0.4 / divisor], rtol=1e-6)


def test_layers_are_averaged_and_soft_targets_softened():
    distiller = build((6, 3), temperature=2.0, patience_weight=10.0)
    assert distiller.distillation_loss_weights == [1.0, 0.5, 0.5]
    soft, first, _ = distiller.distillation_losses
    assert float(first.weight(0)) == 10.0
    # softmax(z / 2): (1/4, 1/4, 1/2) against (1/3, 1/3, 1/3); T^2 = 4.
    teacher = {"logits": np.float32([[0, 0, 2 * np.log(2)]])}
    expected = 4 * (0.5 * np.log(3 / 4) + 0.5 * np.log(3 / 2))
    found = soft(teacher, {"logits": np.zeros((1, 3), "float32")})
    np.testing.assert_allclose(found, [expected], rtol=1e-5)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"strategy": "first"}, "strategy of pkd"),
        ({"depths": (4, 1)}, "the student has one layer"),
        ({"reduce": "max"}, "reduce 'mean' or 'sum'"),
        ({"patience_weight": -1.0}, "weight must be a finite number"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_rejects_another_width():
    with pytest.raises(InputError, match="tensors of one shape"):
        build(student=sequences.transformer(width=12))
