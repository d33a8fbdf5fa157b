import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import pose


def network(stacks=2, filters=2, **arguments):
    return pose.model(stacks=stacks, filters=filters, **arguments)


def build(**arguments):
    arguments = {
        "teacher": network(3, 3),
        "student": network(),
        **arguments,
    }
    return methods.get("depth_pose").build(**arguments)


def test_total_is_the_equation():
    random = np.random.default_rng(0)
    shape = (2, 16, 16, 5)
    # Of the teacher's three stages the last two are paired.
    _, t_2, t_3, s_1, s_2, y = random.normal(size=(6, *shape))
    f_t = random.normal(size=(2, 16, 16, 3))
    f_s = random.normal(size=(2, 16, 16, 2))
    model = build(map_weight=2.0, feature_weight=3.0, inner_task_weight=4.0)
    regressor = model.distillation_losses[-1].student_transform
    adapted = f_s @ np.asarray(regressor.kernel) + np.asarray(regressor.bias)

    def mean(x):
        return np.mean(x**2, axis=(1, 2, 3))

    expected = (
        2 * (mean(t_2 - s_1) + mean(t_3 - s_2))
        + 4 * mean(s_1 - y)
        + 3 * mean(f_t - adapted)
    )
    teacher = {"maps2": t_2, "logits": t_3, "stem": f_t}
    student = {"maps1": s_1, "logits": s_2, "stem": f_s}
    teacher, student = (
        {name: np.float32(x) for name, x in side.items()}
        for side in (teacher, student)
    )
    found = sum(
        float(loss.weight(0))
        * np.asarray(loss(teacher, student, labels=np.float32(y)))
        for loss in model.distillation_losses
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_networks_of_one_stage_have_no_inner_labels():
    model = build(teacher=network(1, 3), student=network(1))
    names = [loss.name for loss in model.distillation_losses]
    assert names == ["maps_of_logits", "backbone"]


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"map_weight": -1.0}, "weight must be"),
        ({"feature_weight": -1.0}, "weight must be"),
        ({"inner_task_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"teacher": network(maps=7)}, "tensors of one shape"),
        ({"student": cases.student()}, "dense logits"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
