"""Students with several ends: heads of an ensemble, tasks of two networks."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import control
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd import models
from tfkd.models import heads
from tfkd.models.zipping import zip_networks

TASKS = {"digit": 10, "large": 2}


@task
def two_heads(method, seed, arguments, split="test"):
    """As `two_teachers`, for a student of two heads on one body.

    The control is the same network, trained on the 100 labels.
    """
    images, labels = digits_data()["train"]
    teachers = [digits_teacher(1000), digits_teacher(1001)]
    keras.utils.set_random_seed(seed)
    student = heads.split(student_model(), len(teachers))
    if method is None:
        return control(student, seed, split)
    model = method.build(teacher=teachers, student=student, **arguments)
    compile_model(model, EPOCHS * steps_per_epoch(images))
    hidden = hidden_labels(labels, seed)
    model.fit(images, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return accuracy(student, split)


def answers(labels):
    """Labels of both tasks; -1 where there is none."""
    large = np.where(labels < 0, -1, labels >= 5)
    return {"digit": labels, "large": large.astype("int32")}


def plain(classes):
    """A convolutional network without batch normalization."""
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        scale=1 / 16,
        filters=(16, 32),
        strides=(1, 2),
        dense=(32,),
        batch_normalization=False,
    )


@functools.cache
def network_of(name):
    """A network of one task, trained on all labels for 25 epochs."""
    images, labels = digits_data()["train"]
    keras.utils.set_random_seed(1000)
    model = compile_model(plain(TASKS[name]), 25 * steps_per_epoch(images))
    known = answers(labels)[name]
    model.fit(images, known, epochs=25, batch_size=BATCH, verbose=0)
    return model


@task
def zipped_tasks(method, seed, arguments, split="test"):
    """Which digit, and whether it is above 4: two networks become one.

    The score is the mean accuracy on both tasks. The merged network is
    retrained for 2 epochs on 100 labelled digits and 947 without. The
    control is merged too, and retrained on the 100 labels for as many
    steps.
    """
    images, labels = digits_data()["train"]
    teachers = {name: network_of(name) for name in TASKS}
    keras.utils.set_random_seed(seed)
    student = zip_networks(*teachers.values(), images, names=tuple(TASKS))
    steps, epochs = 2 * steps_per_epoch(images), 2
    y, model = hidden_labels(labels, seed), student
    rows, batch = np.arange(len(y)), BATCH
    if method is None:
        rows, batch = np.flatnonzero(y >= 0), 20
        epochs = -(-steps * batch // len(rows))
    else:
        model = method.build(teacher=teachers, student=student, **arguments)
    # One loss for each task.
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    if method is not None:
        loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, ignore_class=-1
        )
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4),
        dict.fromkeys(TASKS, loss),
        jit_compile=False,
    )
    known = {name: part[rows] for name, part in answers(y).items()}
    model.fit(images[rows], known, epochs=epochs, batch_size=batch, verbose=0)
    images, labels = digits_data()[split]
    found = student.predict(images, batch_size=500, verbose=0)
    right = [
        np.mean(np.argmax(found[name], axis=-1) == known)
        for name, known in answers(labels).items()
    ]
    return float(np.mean(right))
