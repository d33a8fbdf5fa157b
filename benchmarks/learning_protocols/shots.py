"""A teacher of several images of one class at once."""

import functools

import keras

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import control
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd import models
from tfkd import sources

SHOTS = 3


@functools.cache
def shots_teacher():
    """The teacher's architecture on 3 images, trained on all labels."""
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    model = models.build(
        "cnn",
        input_shape=(8, 8, SHOTS),
        num_classes=10,
        scale=1 / 16,
        filters=(32, 32, 64),
        strides=(1, 1, 2),
        dense=(64,),
    )
    compile_model(model, 25 * steps_per_epoch(images))
    shots = sources.multi_shots(images, labels, SHOTS)
    model.fit(shots, labels, epochs=25, batch_size=BATCH, verbose=0)
    return model


@task
def three_shots(method, seed, arguments, split="test"):
    """As `digits` with 100 images alone, for a teacher of 3 of a class.

    All that train have labels, by which images are put together. The control
    trains on the same 100, for as many steps.
    """
    images, labels = digits_data()["train"]
    teacher = shots_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    if method is None:
        return control(student, seed, split)
    shown = hidden_labels(labels, seed) >= 0
    steps = EPOCHS * steps_per_epoch(images)
    batch = 20
    x = images[shown]
    shots = sources.multi_shots(x, labels[shown], SHOTS, seed)
    model = method.build(teacher=teacher, student=student, **arguments)
    compile_model(model, steps).fit(
        {"student": x, "teacher": shots},
        labels[shown],
        batch_size=batch,
        epochs=-(-steps * batch // len(x)),
        verbose=0,
    )
    return accuracy(student, split)
