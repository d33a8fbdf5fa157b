import numpy as np
import pytest
import tensorflow as tf

from tfkd import methods
from tfkd.errors import InputError
from tfkd.tasks import detection

RANDOM = np.random.default_rng(0)


def network(neck):
    return detection.model(filters=(2, 3, 4), neck=neck)


def build(student=None, **arguments):
    return methods.get("gan_kd_detection").build(
        teacher=network(4),
        student=student or network(3),
        **{"critic_filters": (3,), **arguments},
    )


def losses(**arguments):
    return {loss.name: loss for loss in build(**arguments).distillation_losses}


def test_every_scale_has_a_critic_of_its_own():
    found = losses()
    levels = ("stage1", "stage2", "stage3", "fpn")
    assert list(found) == [f"game_{level}" for level in levels]
    assert len({id(loss.critic) for loss in found.values()}) == 4


def test_is_the_game_of_two_maps():
    (game,) = losses(pairs=(("fpn", "fpn"),)).values()
    t = RANDOM.normal(size=(2, 8, 8, 4)).astype("float32")
    s = RANDOM.normal(size=(2, 8, 8, 3)).astype("float32")
    kernel, bias = (np.array(w) for w in game.student_transform.weights)
    fake = game.critic.predict(s @ kernel + bias, verbose=0)[:, 0]
    real = game.critic.predict(t, verbose=0)[:, 0]
    d_fake, d_real = (1 / (1 + np.exp(-x)) for x in (fake, real))
    expected = -np.log(d_fake) - np.log(d_real) - np.log(1 - d_fake)
    found = game({"fpn": t}, {"fpn": s})
    np.testing.assert_allclose(found, expected, rtol=1e-5)


def test_the_student_learns_to_deceive_and_the_critic_does_not_help():
    (game,) = losses(pairs=(("fpn", "fpn"),)).values()
    t = tf.constant(RANDOM.normal(size=(2, 8, 8, 4)), "float32")
    s = tf.Variable(RANDOM.normal(size=(2, 8, 8, 3)), dtype="float32")
    adapted = game.student_transform
    with tf.GradientTape(persistent=True) as tape:
        value = game({"fpn": t}, {"fpn": s})
        # -log sigmoid of the score.
        alone = tf.nn.softplus(-game.critic(adapted(s))[:, 0])
    np.testing.assert_allclose(
        tape.gradient(value, s), tape.gradient(alone, s), rtol=1e-4, atol=1e-7
    )


def test_maps_of_one_width_need_no_convolution():
    (game,) = losses(student=network(4), pairs=(("fpn", "fpn"),)).values()
    assert not game.student_transform.weights


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pairs": (("outputs", "outputs"),)}, "critic of maps needs taps"),
        ({"pairs": ()}, "at least one pair"),
        ({"weight": -1.0}, "weight must be a finite number >= 0"),
    ],
)
def test_rejects_arguments(wrong, message):
    with pytest.raises(InputError, match=message):
        build(**wrong)
