import keras
import numpy as np
import pytest

from tests.distillers.distiller_test import dense
from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import named_heads

Q = np.float32([[1.0, 1.01], [0.5, 0.2]])
Z = np.float32([[0.0, 0.0], [0.0, np.log(3)]])


def build(**arguments):
    parts = {
        "teacher": dense(classes=2),
        "student": dense(classes=2),
        **arguments,
    }
    return methods.get("policy_distillation").build(**parts)


def values(distiller, teacher=Q, student=Z):
    (loss,) = distiller.distillation_losses
    return np.array(loss({"logits": teacher}, {"logits": student}))


def test_small_differences_of_q_values_become_a_policy():
    # At 0.01, q = softmax(0, 1) = (1, e) / (1 + e), from p = (1/2, 1/2);
    # and (1, 0) from (1/4, 3/4): ln 4.
    q = np.array([1, np.e]) / (1 + np.e)
    expected = [np.sum(q * np.log(2 * q)), np.log(4)]
    np.testing.assert_allclose(values(build()), expected, rtol=1e-4)


def test_the_best_action_can_be_the_label():
    # The second action of (1/2, 1/2), the first of (1/4, 3/4).
    found = values(build(criterion="nll"))
    np.testing.assert_allclose(found, np.log([2, 4]), rtol=1e-5)


def test_q_values_can_be_the_targets():
    # 1^2 + 1.01^2; 0.5^2 + (0.2 - ln 3)^2.
    found = values(build(criterion="mse"))
    expected = [1 + 1.01**2, 0.25 + (0.2 - np.log(3)) ** 2]
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_continuous_actions_are_normal_distributions():
    # N(1, 1) from N(3, 2^2): log 2 + 5/8 - 1/2.
    t, s = np.float32([[1, 0]]), np.float32([[3, np.log(2)]])
    found = values(build(criterion="gaussian"), t, s)
    np.testing.assert_allclose(found, [np.log(2) + 1 / 8], rtol=1e-5)


def two_games(**arguments):
    keras.utils.set_random_seed(0)
    body = dense()
    student = named_heads.build(
        body, {"pong": 2, "breakout": 2}, layer="stage1"
    )
    teacher = {"pong": dense(classes=2), "breakout": dense(classes=2)}
    return build(**{"teacher": teacher, "student": student, **arguments})


def test_each_state_teaches_the_head_of_its_own_game():
    model = two_games(weight=2.0)
    member = np.array([0, 1])
    teacher = {"logits": Q, "member": member}
    student = {"pong": Z, "breakout": Z[::-1]}
    single = values(build())
    other = values(build(), Q, Z[::-1])
    first, second = (
        np.array(loss(teacher, student)) for loss in model.distillation_losses
    )
    np.testing.assert_allclose(first, [single[0], 0], rtol=1e-5)
    np.testing.assert_allclose(second, [0, other[1]], rtol=1e-5)
    assert float(model.distillation_losses[0].weight(0)) == 2.0


def test_learns_the_policies_of_several_games():
    model = two_games()
    model.compile(keras.optimizers.Adam(0.03), run_eagerly=False)
    x = np.random.default_rng(0).normal(
        size=(64, *model.student.input_shape[1:])
    )
    x = x.astype("float32")
    view = {"inputs": x, "member": np.arange(64) % 2}
    history = model.fit(
        {"student": x, "teacher": view}, epochs=20, verbose=0
    ).history["loss"]
    assert history[-1] < 0.7 * history[0]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"criterion": "kld"}, "criterion of policy_distillation"),
        ({"temperature": 0.0}, "temperature must be"),
        ({"student": dense(classes=3)}, "same classes"),
        ({"teacher": {"pong": dense(classes=2)}}, "one teacher for each head"),
        (
            {
                "criterion": "gaussian",
                "teacher": dense(classes=3),
                "student": dense(classes=3),
            },
            "as many means",
        ),
    ],
)
def test_mistakes_are_our_errors(arguments, match):
    with pytest.raises(InputError, match=match):
        build(**arguments)
