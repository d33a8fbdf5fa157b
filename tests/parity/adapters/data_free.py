"""Generated and inverted inputs."""

import tensorflow as tf

from tfkd.distances import LpDistance
from tfkd.distances import SoftmaxKL
from tfkd.losses import ConfidentImages
from tfkd.losses import FeatureMatch
from tfkd.losses import Opposed
from tfkd.losses import SoftTargets
from tfkd.sources import priors
from tfkd.transforms import AttentionMap

from .helpers import differentiate
from .helpers import evaluate


def dafl_kd(arrays, hyperparameters):
    # The reference leaves the factor T^2 out.
    distance = SoftmaxKL(temperature=hyperparameters.get("T", 1.0))
    return differentiate(
        lambda a: distance(a["t_logits"], a["s_logits"]),
        arrays,
        ["s_logits"],
    )


def dafl(arrays, hyperparameters):
    loss = ConfidentImages(
        logits_tap="t",
        feature_tap="f",
        one_hot=hyperparameters["oh"],
        activation=hyperparameters["a"],
        entropy=hyperparameters["ie"],
    )

    def results(a):
        taps = {"t": a["t_logits"], "f": a["t_feat"]}
        return {
            "loss": tf.reduce_mean(loss(taps, {})),
            "one_hot": tf.reduce_mean(loss.one_hot(taps["t"])),
            "info_entropy": loss.information_entropy(taps["t"]),
            "activation": tf.reduce_mean(loss.activation(taps["f"])),
        }

    return differentiate(results, arrays, ["t_logits", "t_feat"])


def class_balance(arrays, hyperparameters):
    loss = ConfidentImages(base="e")
    return differentiate(
        lambda a: loss.information_entropy(a["t_logits"]),
        arrays,
        ["t_logits"],
    )


def di_bn_feature(arrays, hyperparameters):
    return differentiate(
        lambda a: priors.statistics_gap(
            a["feat"], a["running_mean"], a["running_var"]
        ),
        arrays,
        ["feat"],
    )


def di_image_prior(arrays, hyperparameters):
    return differentiate(
        lambda a: {
            "loss": priors.total_variation(a["image"], 2),
            "tv_l1": priors.total_variation(a["image"], 1),
            "l2": priors.norm(a["image"]),
        },
        arrays,
        ["image"],
    )


def di_image_prior_l1(arrays, hyperparameters):
    return differentiate(
        lambda a: priors.total_variation(a["image"], 1), arrays, ["image"]
    )


def di_jsd(arrays, hyperparameters):
    def results(a):
        logits = a["t_logits"], a["s_logits"]
        temperature = hyperparameters["T"]
        return {
            "loss": priors.jensen_shannon(*logits, temperature),
            "di_adi": priors.competition(*logits, temperature),
        }

    return differentiate(results, arrays, ["s_logits"])


def dfad(arrays, hyperparameters):
    def loss():
        return FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            distance=LpDistance(p=1),
        )

    def results(a):
        pair = a["t_logits"], a["s_logits"]
        return {
            "loss": evaluate(loss(), *pair),
            "g_loss": evaluate(Opposed(loss()), *pair),
        }

    return differentiate(results, arrays, ["s_logits"])


def zskt(arrays, hyperparameters):
    # The reference divides the divergence by the number of classes.
    temperature = hyperparameters["T"]

    def loss():
        return SoftTargets(temperature=temperature)

    share = 1 / (temperature**2 * arrays["s_logits"].shape[-1])

    def results(a):
        pair = a["t_logits"], a["s_logits"]
        kl = share * evaluate(loss(), *pair)
        total = kl
        for number in range(hyperparameters["n_layers"]):
            attention = FeatureMatch(
                teacher_tap="t",
                student_tap="s",
                teacher_transform=AttentionMap(2),
                student_transform=AttentionMap(2),
            )
            total += hyperparameters["AT_beta"] * evaluate(
                attention, a[f"t_act{number}"], a[f"s_act{number}"]
            )
        return {
            "loss": total,
            "kl": kl,
            "g_loss": share * evaluate(Opposed(loss()), *pair),
        }

    return differentiate(results, arrays, ["s_logits", "s_act0"])


ADAPTERS = {
    "class_balance": class_balance,
    "dafl": dafl,
    "dafl_kd": dafl_kd,
    "dfad": dfad,
    "di_bn_feature": di_bn_feature,
    "di_image_prior": di_image_prior,
    "di_image_prior_l1": di_image_prior_l1,
    "di_jsd": di_jsd,
    "zskt": zskt,
}
