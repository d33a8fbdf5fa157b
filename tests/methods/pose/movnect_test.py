import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import pose


def network(maps=8):
    return pose.model(stacks=1, filters=2, maps=maps)


def build(**arguments):
    arguments = {"teacher": network(), "student": network(), **arguments}
    return methods.get("movnect").build(**arguments)


def difference(target, found, label):
    """D of two joints: heat maps 0 and 1, then six maps of locations."""
    total = np.linalg.norm((target - found)[..., :2], axis=(1, 2)).mean(-1)
    for joint in range(2):
        for axis in range(3):
            channel = 2 + 2 * axis + joint
            gap = (target - found)[..., channel]
            near = label[..., joint] * gap
            total = total + np.linalg.norm(near, axis=(1, 2)) / 6
    return total


def test_total_is_the_equation():
    random = np.random.default_rng(0)
    t, s, y = random.normal(size=(3, 2, 16, 16, 8)).astype("float32")
    model = build(weight=0.3, task_weight=0.7)
    (loss,) = model.distillation_losses
    found = 0.3 * np.mean(loss({"logits": t}, {"logits": s}, labels=y))
    found += 0.7 * float(pose.LocationLoss(keypoints=2)(y, s))
    expected = 0.3 * difference(t, s, y) + 0.7 * difference(y, s, y)
    np.testing.assert_allclose(found, np.mean(expected), rtol=1e-5)


def test_a_location_far_from_its_joint_is_free():
    y, t, s = np.zeros((3, 1, 16, 16, 8), "float32")
    y[0, 3, 5, 0] = 1.0
    s[..., 2:] = 7.0
    s[0, 3, 5, [2, 4, 6]] = 0.0
    (loss,) = build().distillation_losses
    found = loss({"logits": t}, {"logits": s}, labels=y)
    np.testing.assert_array_equal(found, [0.0])


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
        ({"location_weight": -1.0}, "location_weight must be"),
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"teacher": network(12)}, "4 J"),
        ({"teacher": network(6), "student": network(6)}, "4 J"),
        ({"student": cases.student()}, "dense logits"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
