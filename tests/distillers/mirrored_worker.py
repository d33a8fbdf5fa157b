"""Trains on one replica and on two; prints how far the weights are apart.

A process of its own: logical devices exist before TensorFlow starts.
"""

import json
import os

import numpy as np
import tensorflow as tf

CPU = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(
    CPU, [tf.config.LogicalDeviceConfiguration()] * 2
)

import keras  # noqa: E402

import tfkd  # noqa: E402
from tfkd.distillers import replicas  # noqa: E402


def dense(units, seed):
    keras.utils.set_random_seed(seed)
    inputs = keras.Input((5,))
    x = keras.layers.Dense(
        units, "relu", name="stage1", kernel_regularizer="l2"
    )(inputs)
    return keras.Model(inputs, keras.layers.Dense(4, name="logits")(x))


def frozen(student, teacher):
    match = tfkd.losses.FeatureMatch(
        teacher_tap="stage1",
        student_tap="stage1",
        student_transform=tfkd.transforms.Regressor(),
    )
    return tfkd.Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[tfkd.losses.SoftTargets(), match],
    )


def ema(student, _):
    return tfkd.Distiller(
        student=student,
        teacher=tfkd.teachers.EMATeacher(decay=0.5),
        distillation_losses=[tfkd.losses.SoftTargets()],
    )


def prior(student, _):
    strengths = [np.full(v.shape, 0.1) for v in student.trainable_variables]
    return tfkd.distillers.PriorTrainer(student=student, strengths=strengths)


def meta(student, teacher):
    return tfkd.methods.get("cmkg").build(
        student=student,
        teacher=teacher,
        teacher_tap="stage1",
        student_tap="stage1",
        inner_learning_rate=1.0,
    )


def unlabelled(student, teacher):
    return tfkd.Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[tfkd.losses.SoftTargets()],
        student_loss_weight=0.0,
    )


def turns(student, teacher, critic_steps=1):
    inputs = keras.Input((4,))
    score = keras.layers.Dense(1, kernel_regularizer="l2")
    critic = keras.Model(inputs, score(inputs))
    game = tfkd.losses.Adversarial(
        critic, teacher_tap="logits", student_tap="logits"
    )
    return tfkd.distillers.TurnsDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=[game, tfkd.losses.SoftTargets()],
        critic_steps=critic_steps,
    )


def turns_skipped(student, teacher):
    return turns(student, teacher, critic_steps=2)


def data_free(student, teacher):
    noise = keras.Input((3,))
    return tfkd.distillers.DataFreeDistiller(
        student=student,
        teacher=teacher,
        generator=keras.Model(noise, keras.layers.Dense(5)(noise)),
        generator_losses=tfkd.losses.ConfidentImages(feature_tap="stage1"),
        generator_optimizer=keras.optimizers.SGD(0.1),
        distillation_losses=[tfkd.losses.SoftTargets()],
        student_loss_weight=0.0,
    )


def adapting(student, teacher):
    return tfkd.methods.get("mobileid").build(
        student=student,
        teacher=teacher,
        teacher_tap="stage1",
        student_tap="stage1",
    )


def class_gan(*_):
    model = tfkd.distillers.ClassGAN(
        input_shape=(5,), classes=4, value_range=(-4.0, 4.0), filters=(6,)
    )
    # Noise that does not depend on the replica that draws it.
    noise = np.linspace(-1, 1, 100, dtype="float32")[None]

    def call(x, training=False):
        rows = keras.ops.cast(x["classes"], "float32")
        same = keras.ops.repeat(noise, keras.ops.shape(rows)[0], axis=0)
        return model.generator(
            keras.ops.concatenate([same, rows], axis=-1), training=training
        )

    model.call = call
    return model


def train(build, count=1):
    """Returns weights and logs; made images are `count` times as many."""
    teacher = dense(9, 0)
    student = dense(6, 1)
    keras.utils.set_random_seed(2)
    model = build(student, teacher)
    model.compile(
        keras.optimizers.SGD(0.1),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        jit_compile=False,
    )
    if build is data_free:
        logs = model.fit(batch_size=8 * count, steps_per_epoch=3, verbose=0)
        return kept(model, logs)
    random = np.random.default_rng(0)
    x = random.normal(size=(32, 5)).astype("float32")
    y = None if build is unlabelled else random.integers(0, 4, 32)
    weight = random.uniform(0.5, 1.5, 32).astype("float32")
    if build is adapting:
        data = tf.data.Dataset.from_tensor_slices((x, y)).batch(16)
        if count > 1:
            strategy = tf.distribute.get_strategy()
            data = strategy.experimental_distribute_dataset(data)
        return kept(model, model.fit(data, steps_per_epoch=2, verbose=0))
    if build is class_gan:
        # Statistics of a batch are a replica's own: each has the same eight.
        same = np.arange(32).reshape(-1, 1, 8).repeat(count, 1).ravel()
        y = np.eye(4, dtype="float32")[y][same]
        logs = model.fit(
            *({"inputs": x[same], "classes": y}, y),
            batch_size=8 * count,
            shuffle=False,
            verbose=0,
        )
        return kept(model, logs)
    logs = model.fit(
        x, y, sample_weight=weight, batch_size=16, shuffle=False, verbose=0
    )
    return kept(model, logs)


def kept(model, logs):
    weights = [np.array(v) for v in model.weights if v.ndim]
    return weights, {k: v[-1] for k, v in logs.history.items()}


BUILDS = (
    frozen,
    ema,
    unlabelled,
    prior,
    meta,
    turns,
    adapting,
    data_free,
    class_gan,
)


def main():
    result = {}
    # One for both: the collectives of a second strategy clash with its own.
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    # Both replicas make the images that one makes alone.
    replicas.number = lambda: 0
    for build in BUILDS:
        one, logs_one = train(build)
        with strategy.scope():
            two, logs_two = train(build, count=2)
        result[build.__name__] = {
            "replicas": strategy.num_replicas_in_sync,
            "weights": max(
                float(np.max(np.abs(a - b))) for a, b in zip(one, two)
            ),
            "logs": [logs_one, logs_two],
        }
    with strategy.scope():
        try:
            train(turns_skipped)
        except tfkd.errors.InputError as error:
            result["refused"] = str(error)
    print(json.dumps(result), flush=True)  # noqa: T201 - what the test reads
    # The thread of a replica that was not refused still waits for the other.
    os._exit(0)


if __name__ == "__main__":
    main()
