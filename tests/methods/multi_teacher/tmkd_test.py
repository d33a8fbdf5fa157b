import keras
import numpy as np
import pytest

from tests.conformance.cases import sequences
from tfkd import methods
from tfkd.errors import InputError


def build(**arguments):
    arguments = {
        "teacher": [sequences.transformer(), sequences.transformer()],
        "student": sequences.transformer(),
        **arguments,
    }
    return methods.get("tmkd").build(**arguments)


def test_the_divergences_of_teachers_are_averaged():
    distiller = build(temperature=2.0, weight=3.0)
    log2 = np.log(2)
    teacher = {
        # softmax(z / 2): (1/4, 1/2, 1/4) and (1/3, 1/3, 1/3).
        "0/logits": np.float32([[0, 2 * log2, 0]]),
        "1/logits": np.zeros((1, 3), "float32"),
    }
    student = {"logits": np.zeros((1, 3), "float32")}
    total = sum(
        factor * float(loss.weight(0)) * np.asarray(loss(teacher, student))
        for loss, factor in zip(
            distiller.distillation_losses, distiller.distillation_loss_weights
        )
    )
    # b 1/2 T^2 [1/2 ln(3/2) + 1/2 ln(3/4) + 0].
    expected = 3 * 4 / 2 * 0.5 * (np.log(3 / 2) + np.log(3 / 4))
    np.testing.assert_allclose(total, [expected], rtol=1e-5)


def test_labels_count_in_the_second_stage_alone():
    weight = build(pretrain_steps=5, task_weight=2.0).student_loss_weight
    assert [float(weight(step)) for step in (0, 4, 5)] == [0.0, 0.0, 2.0]
    weight = build(pretrain_steps=0, task_weight=2.0).student_loss_weight
    assert float(weight(0)) == 2.0


def test_every_teacher_may_have_a_head():
    base = sequences.transformer()
    features = base.get_layer("embedding").output
    heads = [
        keras.layers.Dense(3, name=name)(features) for name in ("one", "two")
    ]
    mean = keras.layers.Average(name="logits")(heads)
    distiller = build(
        student=keras.Model(base.inputs, mean), heads=("one", "two")
    )
    taps = [
        (loss.teacher_taps[0], loss.student_taps[0])
        for loss in distiller.distillation_losses
    ]
    assert taps == [("0/logits", "one"), ("1/logits", "two")]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"heads": ("logits",)}, "one head for each of 2 teachers"),
        ({"pretrain_steps": -1}, "pretrain_steps of tmkd"),
        ({"task_weight": -1.0}, "task_weight must be"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)


def test_rejects_teachers_of_other_classes():
    with pytest.raises(InputError, match="score the same classes"):
        build(teacher=sequences.transformer(num_classes=2))
