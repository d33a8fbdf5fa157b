"""Derivatives of networks by their inputs."""

import keras
import numpy as np
import tensorflow as tf

from tfkd import distances
from tfkd import losses
from tfkd import taps

from .helpers import evaluate


def _network(arrays, prefix):
    """Convolution, tanh, mean over positions, dense layer."""
    kernel, bias, dense, dense_bias = (
        arrays[f"{prefix}_{name}"] for name in ("k", "kb", "d", "db")
    )
    inputs = keras.Input(arrays["image"].shape[1:])
    convolution = keras.layers.Conv2D(
        kernel.shape[-1], 3, padding="same", activation="tanh"
    )
    pooled = keras.layers.GlobalAveragePooling2D()(convolution(inputs))
    logits = keras.layers.Dense(dense.shape[-1], name="logits")
    model = keras.Model(inputs, logits(pooled))
    convolution.set_weights([kernel, bias])
    logits.set_weights([dense, dense_bias])
    return model, {"k": convolution.kernel, "d": logits.kernel}


def jacobian(arrays, hyperparameters):
    loss = losses.JacobianMatch(
        outputs="label", distance=distances.LpDistance(reduce="mean")
    )
    student, variables = _network(arrays, "s")
    teacher, _ = _network(arrays, "t")
    labels = arrays["labels"]
    with tf.GradientTape(persistent=True) as tape:
        sides = [
            taps.Extractor(model, ["logits:jacobian"])(arrays["image"])
            for model in (teacher, student)
        ]
        value = evaluate(loss, *sides, labels=labels)
    own = [
        side["logits:jacobian"].numpy()[np.arange(len(labels)), labels]
        for side in sides
    ]
    return {
        "loss": value.numpy(),
        "t_input_grad": own[0],
        "s_input_grad": own[1],
        **{
            f"grad_s_{name}": tape.gradient(value, variable.value).numpy()
            for name, variable in variables.items()
        },
    }


ADAPTERS = {"jacobian": jacobian}
