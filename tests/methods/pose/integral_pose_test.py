import numpy as np
import pytest

from tests.conformance import cases
from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import pose


def network(filters=2, **arguments):
    return pose.model(stacks=1, filters=filters, **arguments)


def build(**arguments):
    arguments = {
        "teacher": network(3),
        "student": network(),
        "critic_filters": (2,),
        **arguments,
    }
    return methods.get("integral_pose").build(**arguments)


def softplus(x):
    return np.log1p(np.exp(x))


def test_total_is_the_equation():
    random = np.random.default_rng(0)
    m_t, m_s = random.normal(size=(2, 2, 16, 16, 5)).astype("float32")
    f_t = random.normal(size=(2, 16, 16, 3)).astype("float32")
    f_s = random.normal(size=(2, 16, 16, 2)).astype("float32")
    maps, features, structure = build().distillation_losses
    regressor = features.student_transform
    adapted = f_s @ np.asarray(regressor.kernel, "float64") + np.asarray(
        regressor.bias
    )
    real, fake = (
        np.asarray(structure.critic(m), "float64")[:, 0] for m in (m_t, m_s)
    )
    expected = (
        np.mean((m_t - m_s) ** 2, axis=(1, 2, 3), dtype="float64")
        + 0.1 * np.mean((f_t - adapted) ** 2, axis=(1, 2, 3))
        + 0.001 * (softplus(-fake) + softplus(-real) + softplus(fake))
    )
    taps = [{"logits": m, "stage1": f} for m, f in ((m_t, f_t), (m_s, f_s))]
    found = sum(
        float(loss.weight(0)) * np.asarray(loss(*taps))
        for loss in (maps, features, structure)
    )
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_critic_sees_all_joints_at_once():
    _, _, structure = build().distillation_losses
    assert structure.critic.input_shape == (None, 16, 16, 5)
    assert structure.critic.output_shape == (None, 1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"map_weight": -1.0}, "weight must be"),
        ({"feature_weight": -1.0}, "weight must be"),
        ({"structure_weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
        ({"teacher_tap": "no_such"}, "no_such"),
        ({"student_tap": "no_such"}, "no_such"),
        ({"teacher": network(maps=7)}, "one shape"),
        ({"student": cases.student()}, "dense logits"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
