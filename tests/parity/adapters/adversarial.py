"""Critics, and samples made by attacks."""

import keras
import tensorflow as tf

from tfkd.distances import SoftmaxKL
from tfkd.losses import Adversarial

from .helpers import differentiate


def bss_kd(arrays, hyperparameters):
    # The reference leaves the factor T^2 out.
    distance = SoftmaxKL(temperature=hyperparameters.get("T", 1.0))
    return differentiate(
        lambda a: distance(a["t_logits"], a["s_logits"]),
        arrays,
        ["s_logits"],
    )


def _game(kind, critic=None):
    return Adversarial(critic, teacher_tap="t", student_tap="s", kind=kind)


def gan_bce(arrays, hyperparameters):
    game = _game("vanilla")

    def results(a):
        real, fake = a["real_logits"], a["fake_logits"]
        # The reference halves the critic's loss.
        critic = tf.reduce_mean(game.critic_values(real, fake)) / 2
        student = tf.reduce_mean(game.student_values(fake))
        return {
            "loss": critic,
            "g_loss": student,
            "d_from_logits": critic,
            "g_from_logits": student,
        }

    return differentiate(results, arrays, ["real_logits"])


def gan_lsgan(arrays, hyperparameters):
    game = _game("lsgan")

    def results(a):
        real, fake = a["real_score"], a["fake_score"]
        return {
            "loss": tf.reduce_mean(game.critic_values(real, fake)),
            "g_loss": tf.reduce_mean(game.student_values(fake)),
        }

    return differentiate(results, arrays, ["real_score"])


def gan_hinge(arrays, hyperparameters):
    game, wasserstein = _game("hinge"), _game("wgan_gp")

    def results(a):
        scores = a["t_score"], a["s_score"]
        return {
            "loss": tf.reduce_mean(game.critic_values(*scores)),
            "g_loss": tf.reduce_mean(game.student_values(a["s_score"])),
            "wgan_d": tf.reduce_mean(wasserstein.critic_values(*scores)),
        }

    return differentiate(results, arrays, ["s_score", "t_score"])


def gan_wgan_gp(arrays, hyperparameters):
    critic = keras.Sequential(
        [
            keras.Input(arrays["real"].shape[1:]),
            keras.layers.Conv2D(
                arrays["d_k"].shape[-1], 3, padding="same", activation="tanh"
            ),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(1),
        ]
    )
    critic.set_weights([arrays[n] for n in ("d_k", "d_kb", "d_d", "d_db")])
    game = _game("wgan_gp", critic)
    real, fake, mix = (
        tf.constant(arrays[n]) for n in ("real", "fake", "alpha")
    )
    with tf.GradientTape() as tape:
        scores = game.scores(real), game.scores(fake)
        penalty = tf.reduce_mean(game.penalty(mix * real + (1 - mix) * fake))
        loss = tf.reduce_mean(game.critic_values(*scores))
        loss += hyperparameters["lambda_gp"] * penalty
    kernel, _, dense, _ = critic.weights
    gradients = tape.gradient(loss, [kernel.value, dense.value])
    return {
        "loss": loss,
        "gp": penalty,
        "g_loss": tf.reduce_mean(game.student_values(scores[1])),
        "grad_d_k": gradients[0],
        "grad_d_d": gradients[1],
    }


ADAPTERS = {
    "bss_kd": bss_kd,
    "gan_bce": gan_bce,
    "gan_hinge": gan_hinge,
    "gan_lsgan": gan_lsgan,
    "gan_wgan_gp": gan_wgan_gp,
}
