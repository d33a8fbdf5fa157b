"""Trains a few methods on the JAX backend; prints what came of it.

A process of its own: the backend is chosen before Keras is imported.
"""

import json
import os
import threading
import warnings

os.environ["KERAS_BACKEND"] = "jax"
os.environ["JAX_PLATFORMS"] = "cpu"
# Each program runs once: its compilation is what takes time.
os.environ["XLA_FLAGS"] = "--xla_backend_optimization_level=0"
warnings.simplefilter("error")
warnings.simplefilter("ignore", DeprecationWarning)

import keras  # noqa: E402
import numpy as np  # noqa: E402

import tfkd  # noqa: E402
from tfkd.errors import InputError  # noqa: E402

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(0, 1, (8, 8, 8, 1)).astype("float32")
Y = (np.arange(8) % 3).astype("int32")


def cnn(filters):
    return tfkd.models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=3,
        filters=filters,
        strides=(1,) * len(filters),
    )


def compiled(model):
    model.compile(
        keras.optimizers.SGD(0.1),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        weighted_metrics=["accuracy"],
    )
    return model


def fit(model, x=X, **arguments):
    return model.fit(
        x, Y, batch_size=8, verbose=0, shuffle=False, **arguments
    ).history


def trained(key):
    """Facts of one step of a method."""
    keras.utils.set_random_seed(0)
    # FSP compares networks of one width.
    teacher = cnn((4, 6))
    model = tfkd.methods.get(key).build(teacher=teacher, student=cnn((4, 6)))
    before = model.student.get_weights()
    kept = teacher.get_weights()
    logs = fit(compiled(model))
    after = model.student.get_weights()
    return {
        "logs": logs,
        "student_changed": not all(map(np.array_equal, before, after)),
        "teacher_changed": not all(
            map(np.array_equal, kept, teacher.get_weights())
        ),
    }


def scheduled():
    """Losses of four steps whose weight falls to zero after two."""
    keras.utils.set_random_seed(0)
    loss = tfkd.losses.SoftTargets(
        weight=tfkd.schedules.Piecewise([2], [1.0, 0.0])
    )
    model = tfkd.Distiller(
        student=cnn((4,)),
        teacher=cnn((4,)),
        distillation_losses=loss,
        student_loss_weight=0.0,
    )
    losses = fit(compiled(model), epochs=4)["loss"]
    accuracy = model.evaluate(X, Y, verbose=0, return_dict=True)["accuracy"]
    assert 0 <= accuracy <= 1
    return losses


def watched():
    """Whether the thread that trains waits for the look at each batch."""
    seen = []
    own = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: seen.append(threading.get_ident())
    )
    own.async_safe = True
    model = tfkd.methods.get("hinton_kd").build(
        teacher=cnn((4,)), student=cnn((4,))
    )
    fit(compiled(model), callbacks=[own])
    return seen == [threading.get_ident()]


def message(function):
    try:
        function()
    except InputError as error:
        return str(error)
    return None


def refused():
    """Messages for what needs TensorFlow, and for a NaN."""
    build = {
        key: tfkd.methods.get(key).build
        for key in ("hinton_kd", "dafl", "deepinversion", "mean_teacher")
    }
    nan = compiled(build["hinton_kd"](teacher=cnn((4,)), student=cnn((4,))))
    critic = keras.Sequential([keras.Input((4,)), keras.layers.Dense(1)])
    return {
        "nan": message(lambda: (fit(nan), fit(nan, X * np.nan))),
        "dafl": message(
            lambda: build["dafl"](teacher=cnn((4,)), student=cnn((4,)))
        ),
        "deepinversion": message(
            lambda: build["deepinversion"](teacher=cnn((4,)), student=cnn((4,)))
        ),
        "mean_teacher": message(
            lambda: build["mean_teacher"](teacher=None, student=cnn((4,)))
        ),
        "wgan_gp": message(
            lambda: tfkd.losses.Adversarial(
                critic=critic,
                teacher_tap="logits",
                student_tap="logits",
                kind="wgan_gp",
            )
        ),
    }


def main():
    keys = ("hinton_kd", "rkd", "at", "fsp", "ft", "asl")
    result = {
        "backend": keras.config.backend(),
        "methods": {key: trained(key) for key in keys},
        "scheduled": scheduled(),
        "waits_for_the_watch": watched(),
        "refused": refused(),
    }
    print(json.dumps(result))  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
