"""Critics, and samples made by attacks."""

import keras
import numpy as np
import tensorflow as tf

from tfkd.distances import SoftmaxKL
from tfkd.losses import Adversarial
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.sources import BoundaryAttack

from .helpers import differentiate
from .helpers import evaluate


def bss_kd(arrays, hyperparameters):
    # The reference leaves the factor T^2 out.
    distance = SoftmaxKL(temperature=hyperparameters.get("T", 1.0))
    return differentiate(
        lambda a: distance(a["t_logits"], a["s_logits"]),
        arrays,
        ["s_logits"],
    )


def bss_attack(arrays, hyperparameters):
    teacher = keras.Sequential(
        [
            keras.Input(arrays["image"].shape[1:]),
            keras.layers.Conv2D(
                arrays["t_k"].shape[-1], 3, padding="same", activation="tanh"
            ),
            keras.layers.GlobalAveragePooling2D(),
            keras.layers.Dense(arrays["t_d"].shape[-1]),
        ]
    )
    teacher.set_weights([arrays[n] for n in ("t_k", "t_kb", "t_d", "t_db")])
    attack = BoundaryAttack(
        value_range=(-2.5, 2.5),
        step_size=hyperparameters["step_alpha"],
        steps=hyperparameters["num_steps"],
        scores="probabilities",
    )
    moved = attack.move(
        teacher,
        tf.constant(arrays["image"]),
        arrays["target"],
        arrays["attack_class"],
    )
    # The reference stores no loss.
    return {
        "loss": np.zeros(()),
        "adversarial": moved,
        "teacher_logits": teacher(moved),
    }


def bss_total(arrays, hyperparameters):
    temperature = hyperparameters["T"]
    soft = SoftTargets(temperature=temperature)

    def cross_entropy(teacher, student):
        # The reference leaves T^2 out and the teacher's entropy in.
        log_q = tf.nn.log_softmax(teacher / temperature)
        entropy = -tf.reduce_mean(tf.reduce_sum(tf.exp(log_q) * log_q, -1))
        return evaluate(soft, teacher, student) / temperature**2 + entropy

    def function(a):
        return (
            evaluate(
                TaskLoss(student_tap="s"),
                {},
                {"s": a["s_logits"]},
                labels=a["labels"],
            )
            + hyperparameters["ratio"]
            * cross_entropy(a["t_logits"], a["s_logits"])
            + hyperparameters["ratio_attack"]
            * cross_entropy(a["t_adv"], a["s_adv"])
        )

    return differentiate(function, arrays, ["s_logits", "s_adv"])


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
    "bss_attack": bss_attack,
    "bss_kd": bss_kd,
    "bss_total": bss_total,
    "gan_bce": gan_bce,
    "gan_hinge": gan_hinge,
    "gan_lsgan": gan_lsgan,
    "gan_wgan_gp": gan_wgan_gp,
}
