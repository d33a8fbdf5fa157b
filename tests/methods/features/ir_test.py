import numpy as np
import pytest

from tests.conformance.cases import sequences
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": sequences.transformer(depth=4),
        "student": sequences.transformer(depth=2),
        "layer_steps": 10,
        **arguments,
    }
    return methods.get("ir").build(**arguments)


def by_name(distiller):
    return {loss.name: loss for loss in distiller.distillation_losses}


def test_every_student_layer_has_the_last_of_its_group():
    losses = by_name(build())
    assert losses["attention_stage1"].teacher_taps == ("stage2_scores",)
    assert losses["attention_stage2"].teacher_taps == ("stage4_scores",)
    assert losses["cosine_stage2"].teacher_taps == ("stage4",)


def test_states_are_compared_by_one_minus_their_cosine():
    distiller = build()
    loss = by_name(distiller)["cosine_stage1"]
    place = distiller.distillation_losses.index(loss)
    factor = distiller.distillation_loss_weights[place]
    # 8 tokens of 8 features; only the first token, [CLS], counts.
    teacher, student = np.random.default_rng(0).normal(size=(2, 1, 8, 8))
    teacher[:, 0], student[:, 0] = 0, 0
    teacher[0, 0, :2], student[0, 0, :2] = (3, 4), (8, 6)
    found = loss({"stage2": teacher}, {"stage1": student})
    # cos = (24 + 24) / (5 * 10) = 0.96.
    np.testing.assert_allclose(factor * found, [0.04], rtol=1e-5)


def test_attention_is_the_mean_divergence_of_heads_and_tokens():
    random = np.random.default_rng(0)
    teacher, student = random.normal(size=(2, 1, 2, 8, 8)).astype("float32")
    loss = by_name(build(mask_tap=None))["attention_stage1"]
    found = loss({"stage2_scores": teacher}, {"stage1_scores": student})
    t, s = (
        np.exp(x) / np.exp(x).sum(-1, keepdims=True)
        for x in (teacher.astype("float64"), student.astype("float64"))
    )
    np.testing.assert_allclose(
        found, [np.sum(t * np.log(t / s)) / (2 * 8)], rtol=1e-5
    )


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        # Layer 1, layer 2, classification at steps 5, 15 and 25.
        ("progressive", [(2, 0, 0, 0), (0, 2, 0, 0), (0, 0, 3, 4)]),
        ("stacked", [(2, 0, 0, 0), (2, 2, 0, 0), (0, 0, 3, 4)]),
        ("together", [(2, 2, 3, 4)] * 3),
    ],
)
def test_layers_follow_one_another(order, expected):
    distiller = build(
        order=order,
        attention_weight=2.0,
        cosine_weight=2.0,
        weight=3.0,
        task_weight=4.0,
    )
    losses = by_name(distiller)
    for part in ("attention", "cosine"):
        schedules = [
            losses[f"{part}_stage1"].weight,
            losses[f"{part}_stage2"].weight,
            losses["soft_targets"].weight,
            distiller.student_loss_weight,
        ]
        found = [tuple(float(s(n)) for s in schedules) for n in (5, 15, 25)]
        assert found == expected


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"order": "upwards"}, "order of ir"),
        ({"layer_steps": 0}, "layer_steps of ir"),
        ({"temperature": 0.0}, "temperature"),
        ({"attention_weight": -1.0}, "attention_weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_rejects_another_width():
    with pytest.raises(InputError, match="tensors of one shape"):
        build(student=sequences.transformer(width=12))
