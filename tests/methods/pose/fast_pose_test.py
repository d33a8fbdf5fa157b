import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import pose


def network(stacks=2, **arguments):
    return pose.model(stacks=stacks, filters=2, **arguments)


def build(**arguments):
    arguments = {"teacher": network(1), "student": network(), **arguments}
    return methods.get("fast_pose").build(**arguments)


def test_total_is_the_papers_equation():
    random = np.random.default_rng(0)
    first, last, teacher, label = random.normal(size=(4, 2, 16, 16, 5))
    # Of two stacks; the last one's labels are compiled.
    expected = 0.0
    for joint in range(5):
        for maps in (first, last):
            gap = maps[..., joint] - teacher[..., joint]
            expected += 0.3 / 5 * np.mean(gap**2, axis=(1, 2))
        gap = first[..., joint] - label[..., joint]
        expected += 0.7 / 5 * np.mean(gap**2, axis=(1, 2))
    model = build(weight=0.3, task_weight=0.7)
    found = sum(
        float(loss.weight(0))
        * np.asarray(
            loss(
                {"logits": np.float32(teacher)},
                {"maps1": np.float32(first), "logits": np.float32(last)},
                labels=np.float32(label),
            )
        )
        for loss in model.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert model.student_loss_weight(0) == 0.7


def test_a_student_of_one_stack_has_one_term():
    (loss,) = build(student=network(1)).distillation_losses
    assert loss.name == "maps_of_logits"


def test_the_last_of_the_named_maps_is_compiled():
    model = build(student=network(3), student_taps=("maps2", "logits"))
    assert [loss.name for loss in model.distillation_losses] == [
        "maps_of_maps2",
        "maps_of_logits",
        "labels_of_maps2",
    ]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "weight must be"),
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"student_taps": ("no_such",)}, "no_such"),
        ({"teacher": network(maps=7)}, "tensors of one shape"),
        ({"student": cases.student()}, "dense logits"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
