"""Logits and softened classes."""

import numpy as np
from keras import ops

from tfkd import distances
from tfkd import losses
from tfkd import transforms
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


def takd(arrays, hyperparameters):
    temperature, share = hyperparameters["T"], hyperparameters["lambda_"]
    return _link(arrays, temperature, 1 - share, share, "kd_mean_reduction", 1)


def tfkd_self(arrays, hyperparameters):
    alpha, temperature = hyperparameters["alpha"], hyperparameters["T"]
    multiplier = hyperparameters["multiplier"]
    scale = multiplier * temperature**2
    return _link(arrays, temperature, 1 - alpha, alpha, "kl", scale)


def _link(arrays, temperature, task_weight, weight, name, scale):
    """Labels and a teacher; the references average over classes, too."""
    task = losses.TaskLoss(student_tap="logits")
    soft = losses.SoftTargets(temperature=temperature)
    classes = arrays["s_logits"].shape[-1]

    def function(a):
        ce = evaluate(task, {}, a["s_logits"], labels=a["labels"])
        kd = evaluate(soft, a["t_logits"], a["s_logits"]) / classes
        part = kd / temperature**2 * scale
        return {"loss": task_weight * ce + weight * kd, name: part}

    return differentiate(function, arrays, ["s_logits"])


def label_smoothing(arrays, hyperparameters):
    task = losses.TaskLoss(student_tap="logits")
    smooth = _spread(arrays, 1 - hyperparameters["epsilon"])
    return differentiate(
        lambda a: evaluate(task, {}, a["s_logits"], labels=smooth),
        arrays,
        ["s_logits"],
    )


def tfkd_reg(arrays, hyperparameters):
    # Probabilities of the virtual teacher pass a softmax once more.
    task = losses.TaskLoss(student_tap="logits")
    virtual = _spread(arrays, hyperparameters["correct_prob"])
    virtual = virtual / hyperparameters["T"]
    alpha = hyperparameters["alpha"]

    def function(a):
        ce = evaluate(task, {}, a["s_logits"], labels=a["labels"])
        reg = ops.mean(kl.softmax_kl(virtual, a["s_logits"]))
        reg *= hyperparameters["multiplier"] / virtual.shape[1]
        return {"loss": (1 - alpha) * ce + alpha * reg, "reg": reg}

    return differentiate(function, arrays, ["s_logits"])


def knowledge_adjust(arrays, hyperparameters):
    # Targets alone: the loss of the reference is given no value.
    rows = np.eye(arrays["t_logits"].shape[1], dtype="float32")
    rows = rows[arrays["labels"]]
    logits = arrays["t_logits"] / hyperparameters["T"]
    correct = hyperparameters["correct_prob"]
    found = {
        "lsr_targets": transforms.KnowledgeAdjustment(
            "label_smoothing", correct=correct
        ),
        "ps_targets": transforms.KnowledgeAdjustment("probability_shift"),
    }
    return {
        "loss": 0.0,
        **{
            name: np.exp(repair(logits, rows)) for name, repair in found.items()
        },
    }


def _spread(arrays, correct):
    """`correct` on each label, the rest evenly on the other classes."""
    count, classes = arrays["s_logits"].shape
    spread = np.full((count, classes), (1 - correct) / (classes - 1))
    spread[np.arange(count), arrays["labels"]] = correct
    return spread.astype("float32")


ADAPTERS = {
    "label_smoothing": label_smoothing,
    "takd": takd,
    "tfkd_reg": tfkd_reg,
    "tfkd_self": tfkd_self,
    "kd_hinton": kd_hinton,
    "knowledge_adjust": knowledge_adjust,
    "kd_total": kd_total,
    "logits_l2": logits_l2,
    "policy_distill_kl": policy_distill_kl,
    "seg_kd_spatial_mean": seg_kd_spatial_mean,
}
