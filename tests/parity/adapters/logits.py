"""Logits and softened classes."""

from keras import ops

from tfkd import distances
from tfkd import losses
from tfkd.distances import softmax_kl as kl

from .helpers import differentiate
from .helpers import evaluate


def kd_hinton(arrays, hyperparameters):
    loss = losses.SoftTargets(temperature=hyperparameters["T"])
    return differentiate(
        lambda a: evaluate(loss, a["t_logits"], a["s_logits"]),
        arrays,
        ["s_logits"],
    )


def kd_total(arrays, hyperparameters):
    soft = losses.SoftTargets(temperature=hyperparameters["T"])
    task = losses.TaskLoss(student_tap="logits")
    alpha = hyperparameters["alpha"]

    def function(a):
        ce = evaluate(task, {}, a["s_logits"], labels=a["labels"])
        kd = evaluate(soft, a["t_logits"], a["s_logits"])
        return {"loss": alpha * ce + (1 - alpha) * kd, "ce": ce}

    return differentiate(function, arrays, ["s_logits"])


def logits_l2(arrays, hyperparameters):
    loss = losses.FeatureMatch(
        teacher_tap="logits",
        student_tap="logits",
        distance=distances.LpDistance(p=2, reduce="mean"),
    )
    return differentiate(
        lambda a: evaluate(loss, a["t_logits"], a["s_logits"]),
        arrays,
        ["s_logits"],
    )


def seg_kd_spatial_mean(arrays, hyperparameters):
    # The reference also averages over classes; we take the mean over
    # positions of the divergence, which sums over classes.
    distance = distances.SoftmaxKL(temperature=hyperparameters["T"])
    classes = arrays["s_logits"].shape[-1]
    return differentiate(
        lambda a: distance(a["t_logits"], a["s_logits"]) / classes,
        arrays,
        ["s_logits"],
    )


def policy_distill_kl(arrays, hyperparameters):
    # The temperature is the teacher's alone, and the batch is summed.
    tau = hyperparameters["tau"]
    return differentiate(
        lambda a: ops.sum(kl.softmax_kl(a["t_q"] / tau, a["s_q"])),
        arrays,
        ["s_q"],
    )


ADAPTERS = {
    "kd_hinton": kd_hinton,
    "kd_total": kd_total,
    "logits_l2": logits_l2,
    "policy_distill_kl": policy_distill_kl,
    "seg_kd_spatial_mean": seg_kd_spatial_mean,
}
