"""Averaged weights and ramps of semi-supervised training."""

import keras
import numpy as np
from keras import ops

from tfkd import distances
from tfkd import losses
from tfkd import schedules
from tfkd import teachers

from .helpers import differentiate
from .helpers import evaluate


def ema_update(arrays, hyperparameters):
    inputs = keras.Input((1,))
    outputs = keras.layers.Dense(len(arrays["param"]), use_bias=False)(inputs)
    student = keras.Model(inputs, outputs)
    student.set_weights([arrays["ema"][None]])
    teacher = teachers.EMATeacher(decay=hyperparameters["alpha"])
    teacher.connect(("outputs",), student)
    student.set_weights([arrays["param"][None]])
    teacher.update(student, hyperparameters["global_step"])
    return {"loss": 0.0, "ema_after": teacher.copy.get_weights()[0][0]}


def rampups(arrays, hyperparameters):
    length = hyperparameters["length"]
    found = {
        "sigmoid": schedules.SigmoidRampUp(1.0, length),
        "linear": schedules.Linear(0.0, 1.0, length),
        "cosine_down": schedules.Cosine(1.0, 0.0, length),
    }
    values = {
        name: np.asarray([float(ramp(step)) for step in arrays["current"]])
        for name, ramp in found.items()
    }
    return {"loss": 0.0, **values}


def mean_teacher(arrays, hyperparameters):
    # Sums over the batch, by which the training script divides.
    def function(a):
        t, s = a["t_logits"], a["s_logits"]
        loss = ops.sum(distances.SoftmaxMSE().call(t, s))
        return {
            "loss": loss,
            "loss_batch_mean": loss / len(arrays["s_logits"]),
            "softmax_kl_sum": ops.sum(distances.SoftmaxKL().call(t, s)),
            "symmetric_mse_sum": ops.sum(distances.LpDistance(p=2).call(t, s)),
        }

    return differentiate(function, arrays, ["s_logits"])


def mean_teacher_kl(arrays, hyperparameters):
    def function(a):
        kl = distances.SoftmaxKL()
        return ops.sum(kl.call(a["t_logits"], a["s_logits"]))

    return differentiate(function, arrays, ["s_logits"])


def temporal_ensembling(arrays, hyperparameters):
    top, length = hyperparameters["max_val"], hyperparameters["max_epochs"]
    weight = float(
        schedules.SigmoidRampUp(top, length)(hyperparameters["epoch"])
    )
    task = losses.TaskLoss(student_tap="s")
    known = int(np.sum(arrays["labels"] >= 0))
    count = len(arrays["labels"])

    def function(a):
        s = a["s_logits"]
        # A mean over labelled examples alone.
        sup = evaluate(task, {}, s, labels=a["labels"]) * count / known
        # This code applies softmax to targets that are averages of logits.
        unsup = ops.mean(distances.SoftmaxMSE().call(a["ensemble"], s))
        total = sup + weight * unsup
        return {"loss": total, "sup": sup, "unsup": unsup, "w": weight}

    return differentiate(function, arrays, ["s_logits"])


def temporal_ensembling_ema(arrays, hyperparameters):
    loss = losses.TemporalEnsemble(
        size=len(arrays["Z"]), momentum=hyperparameters["alpha"]
    )
    spec = keras.KerasTensor((None, arrays["Z"].shape[1]))
    loss.setup({}, {"logits": spec})
    loss.memory.assign(arrays["Z"])
    loss.seen.assign(ops.full_like(loss.seen, hyperparameters["epoch"]))
    index = np.arange(loss.size, dtype="int32")
    loss.remember(index, arrays["outputs"])
    return {"loss": 0.0, "Z": loss.memory, "z": loss.target(index)[0]}


ADAPTERS = {
    "ema_update": ema_update,
    "mean_teacher": mean_teacher,
    "mean_teacher_kl": mean_teacher_kl,
    "rampups": rampups,
    "temporal_ensembling": temporal_ensembling,
    "temporal_ensembling_ema": temporal_ensembling_ema,
}
