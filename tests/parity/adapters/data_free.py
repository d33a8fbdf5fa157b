"""Generated and inverted inputs."""

import tensorflow as tf

from tfkd.distances import SoftmaxKL
from tfkd.losses import ConfidentImages
from tfkd.sources import priors

from .helpers import differentiate


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


ADAPTERS = {
    "class_balance": class_balance,
    "dafl": dafl,
    "dafl_kd": dafl_kd,
    "di_bn_feature": di_bn_feature,
    "di_image_prior": di_image_prior,
    "di_image_prior_l1": di_image_prior_l1,
    "di_jsd": di_jsd,
}
