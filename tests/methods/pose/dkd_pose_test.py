import numpy as np
import pytest

from tfkd import methods
from tfkd.errors import InputError
from tfkd.models import pose_kernels
from tfkd.tasks import pose


def network():
    return pose_kernels.build(
        input_shape=(3, 8, 8, 1), maps=2, filters=2, start_filters=2
    )


def build(**arguments):
    arguments = {
        "teacher": None,
        "student": network(),
        "critic_filters": (2,),
        **arguments,
    }
    return methods.get("dkd_pose").build(**arguments)


def softplus(x):
    return np.log1p(np.exp(x))


def test_the_game_is_the_equation():
    random = np.random.default_rng(0)
    h, y = random.normal(size=(2, 2, 3, 8, 8, 2)).astype("float32")
    film = random.uniform(0, 16, (2, 3, 8, 8, 1)).astype("float32")
    model = build(weight=3.0)
    (game,) = model.distillation_losses
    real, fake = (
        np.asarray(game.critic([x, film]), "float64")[:, 0] for x in (y, h)
    )
    expected = 3 * (softplus(-fake) + softplus(-real) + softplus(fake))
    taps = {"logits": h, game.condition_tap: film}
    found = float(game.weight(0)) * np.asarray(game({}, taps, labels=y))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_critic_sees_changes_from_frame_to_frame():
    random = np.random.default_rng(0)
    film = random.uniform(0, 16, (1, 3, 8, 8, 1)).astype("float32")
    h = random.normal(size=(1, 3, 8, 8, 2)).astype("float32")
    critic = build().distillation_losses[0].critic
    same = critic([h + 5.0, film])
    np.testing.assert_allclose(same, critic([h, film]), rtol=1e-4, atol=1e-5)
    moved = h.copy()
    moved[:, 2] += 5.0
    assert not np.allclose(critic([moved, film]), same)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"teacher": network()}, "needs no teacher"),
        ({"student": pose.model(filters=2)}, "network of films"),
        ({"film_tap": "no_such"}, "no_such"),
        ({"film_tap": "match"}, "critic of films"),
        ({"weight": -1.0}, "weight must be"),
        ({"task_weight": -1.0}, "student_loss_weight must be"),
    ],
)
def test_mistakes_are_our_errors(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
