import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.gradients import assert_gradient
from tfkd.errors import InputError
from tfkd.losses import DomainGame

# Scores w . f with w = (1, -2): 1, -4; 2.5, -4; -1.
F = np.array([[1, 0], [0, 2], [0.5, -1], [-2, 1], [1, 1]], "float32")
SCORES = np.array([1.0, -4.0, 2.5, -4.0, -1.0])
# Two of the source, three of the target.
LABELS = np.array([0, 3, -1, -1, -1])


def linear(dtype="float32"):
    inputs = keras.Input((2,), dtype=dtype)
    layer = keras.layers.Dense(1, use_bias=False, dtype=dtype)
    critic = keras.Model(inputs, layer(inputs))
    critic.set_weights([np.array([[1.0], [-2.0]])])
    return critic


def built(**arguments):
    critic = linear(arguments.get("dtype", "float32"))
    loss = DomainGame(critic, student_tap="s", **arguments)
    loss.setup({}, {"s": keras.KerasTensor((None, 2))})
    return loss


def softplus(x):
    return np.log1p(np.exp(x))


COSTS = {
    "vanilla": (lambda s: softplus(-s), softplus),
    "lsgan": (lambda s: (s - 1) ** 2, lambda s: s**2),
}


@pytest.mark.parametrize("kind", COSTS)
def test_is_the_equation_written_out(kind):
    real, fake = COSTS[kind]
    source, target = SCORES[:2], SCORES[2:]
    expected = real(target).mean() + 0.5 * (
        real(source).mean() + fake(target).mean()
    )
    found = built(kind=kind)({}, {"s": F}, labels=LABELS)
    np.testing.assert_allclose(np.mean(found), expected, rtol=1e-5)
    reverse = real(source).mean() + 0.5 * (
        real(target).mean() + fake(source).mean()
    )
    found = built(kind=kind, reverse=True)({}, {"s": F}, labels=LABELS)
    np.testing.assert_allclose(np.mean(found), reverse, rtol=1e-5)


def test_only_the_target_is_moved_and_the_critic_learns_of_both():
    loss = built()
    features = tf.constant(F)
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(features)
        total = tf.reduce_mean(loss({}, {"s": features}, labels=LABELS))
        told = tf.reduce_mean(
            0.5 * tf.nn.softplus(-loss.critic(F[:2]))
        ) + tf.reduce_mean(0.5 * tf.nn.softplus(loss.critic(F[2:])))
    moved = tape.gradient(total, features).numpy()
    np.testing.assert_array_equal(moved[:2], 0)
    # d/df -log sig(w . f) = -sig(-s) w, a third each.
    share = -1 / (1 + np.exp(SCORES[2:])) / 3
    np.testing.assert_allclose(moved[2:, 0], share, rtol=1e-5)
    weight = loss.critic.weights[0].value
    np.testing.assert_allclose(
        tape.gradient(total, weight), tape.gradient(told, weight), rtol=1e-5
    )


def test_labels_of_pixels_and_rows_say_which_domain_it_is():
    pixels = np.full((5, 2, 2), -1)
    pixels[0, 0, 0], pixels[1] = 4, 0
    rows = np.zeros((5, 3), "float32")
    rows[0, 1] = rows[1, 0] = 1
    boxes = np.full((5, 2, 5), -1, "float32")
    boxes[2:, 0, 4] = -2
    expected = built()({}, {"s": F}, labels=LABELS)
    for labels in (pixels, rows, boxes):
        found = built()({}, {"s": F}, labels=labels)
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_is_finite_with_one_domain_and_at_extremes():
    for labels in (np.zeros(5), np.full(5, -1)):
        for scale in (1e-8, 1e4):
            found = built()({}, {"s": scale * F}, labels=labels)
            assert np.all(np.isfinite(found))


def test_gradient():
    loss = built(dtype="float64")

    def deceived(x):
        # What the critic is told has no gradient to x.
        told = 0.5 * tf.nn.softplus(tf.stop_gradient(loss.critic(x)[:, 0]))
        return loss.game(x, np.zeros(5)) - told

    assert_gradient(deceived, F)


def test_round_trip():
    copy = keras.saving.deserialize_keras_object(
        keras.saving.serialize_keras_object(built(kind="lsgan", reverse=True))
    )
    assert (copy.kind, copy.reverse) == ("lsgan", True)


def test_mistakes_are_our_errors():
    with pytest.raises(InputError, match="kind of domain game"):
        built(kind="wgan")
    loss = DomainGame(linear(), student_tap="s")
    with pytest.raises(InputError, match="Build it for the tap"):
        loss.setup({}, {"s": keras.KerasTensor((None, 4, 4, 2))})
    with pytest.raises(InputError, match="tells labelled examples"):
        built()({}, {"s": F})
