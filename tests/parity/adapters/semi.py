"""Averaged weights and ramps of semi-supervised training."""

import keras
import numpy as np

from tfkd import schedules
from tfkd import teachers


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


ADAPTERS = {"ema_update": ema_update, "rampups": rampups}
