"""Trains on one device and on two logical ones; prints what was found.

A process of its own: logical devices exist before TensorFlow starts.
"""

import contextlib
import json
import sys
import tempfile

import numpy as np
import tensorflow as tf

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    CPU, [tf.config.LogicalDeviceConfiguration()] * 2
)

import keras  # noqa: E402

import tfkd  # noqa: E402
from tfkd.errors import InputError  # noqa: E402
from tfkd.training import devices  # noqa: E402
from tfkd.training import precision as precision_lib  # noqa: E402
from tfkd.training import trainer  # noqa: E402

# 70 examples: four batches of 16, and 6, of which each replica takes 3.
TRAIN = {"epochs": 3, "batch_size": 16, "learning_rate": 3e-3, "seed": 1}


class Kill(Exception):
    pass


def data(count=70):
    random = np.random.default_rng(0)
    y = random.integers(0, 3, count)
    x = random.normal(size=(count, 6)).astype("float32")
    x[np.arange(count), y] += 3.0
    return x, y


def plain(dropout=0.0, norm=False):
    with trainer.seeded(5):
        inputs = keras.Input((6,))
        h = keras.layers.Dense(8, "relu", name="stage1")(inputs)
        if norm:
            h = keras.layers.BatchNormalization()(h)
        h = keras.layers.Dropout(dropout)(h)
        return keras.Model(inputs, keras.layers.Dense(3, name="logits")(h))


def distiller(student, teacher):
    with trainer.seeded(6):
        return tfkd.Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=[
                tfkd.losses.SoftTargets(),
                tfkd.losses.FeatureMatch(
                    teacher_tap="stage1",
                    student_tap="stage1",
                    student_transform=tfkd.transforms.Regressor(),
                ),
            ],
        )


def distance(one, two):
    pairs = zip(one.get_weights(), two.get_weights(), strict=True)
    return max(float(np.max(np.abs(a - b))) for a, b in pairs)


def trained(make, x, y, **arguments):
    model = make()
    history = trainer.train(
        model, x, y, validation=(x, y), **{**TRAIN, **arguments}
    )
    return model, history


def compare(make, x, y):
    one, history_one = trained(make, x, y)
    with devices.scope("mirrored"):
        two, history_two = trained(make, x, y)
    losses = zip(history_one["loss"], history_two["loss"])
    return {
        "weights": distance(one, two),
        "loss": max(abs(a - b) for a, b in losses),
    }


def resumed(x, y):
    """Distance of a training from the same one that was killed in between."""

    def make():
        return plain(dropout=0.5, norm=True)

    def kill(**values):
        if values["epoch"].startswith("2/"):
            raise Kill

    with devices.scope("mirrored"), tempfile.TemporaryDirectory() as folder:
        straight, _ = trained(make, x, y)
        again, _ = trained(make, x, y)
        with contextlib.suppress(Kill):
            trained(make, x, y, backup_dir=folder, report=kill)
        restarted, _ = trained(make, x, y, backup_dir=folder)
    return {
        "repeated": distance(straight, again),
        "resumed": distance(straight, restarted),
    }


def half(x, y):
    """Trains in float16, with gradients that overflow on one replica only."""
    with devices.scope("mirrored"):
        model = precision_lib.cast(plain(), "mixed_float16")
        before = model.get_weights()
        optimizer = precision_lib.scaled(
            keras.optimizers.SGD(0.1), "mixed_float16"
        )
        model.compile(
            optimizer,
            keras.losses.SparseCategoricalCrossentropy(from_logits=True),
            jit_compile=False,
        )
        wrong = x[:16].copy()
        # The second replica's half of the batch.
        wrong[8:] = np.inf
        scale = optimizer.initial_scale
        model.fit(wrong, y[:16], batch_size=16, shuffle=False, verbose=0)
        same = all(map(np.array_equal, before, model.get_weights()))
        halved = float(keras.ops.convert_to_numpy(optimizer.dynamic_scale))
        _, history = trained(
            lambda: precision_lib.cast(plain(), "mixed_float16"),
            x,
            y,
            precision="mixed_float16",
            epochs=6,
            learning_rate=0.03,
        )
    return {
        "kept": same,
        "scale": halved / scale,
        "accuracy": history["accuracy"][-1],
    }


def refusal(x, y):
    try:
        with devices.scope("mirrored"):
            trained(plain, x, y, batch_size=15)
    except InputError as error:
        return str(error)
    return ""


def main():
    x, y = data()
    teacher = plain()
    with devices.scope("mirrored"):
        mirrored_teacher = plain()

    def distilled():
        chosen = tf.distribute.get_strategy().num_replicas_in_sync == 2
        return distiller(plain(), mirrored_teacher if chosen else teacher)

    found = {
        "replicas": devices.start("mirrored").num_replicas_in_sync,
        "plain": compare(plain, x, y),
        "distiller": compare(distilled, x, y),
        "resumed": resumed(x, y),
        "half": half(x, y),
        "refusal": refusal(x, y),
    }
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
