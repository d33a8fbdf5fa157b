"""Digits on a background that only the student has to look past."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from tfkd import models

SIZE = 12


def placed(images, seed):
    """Digits anywhere on a canvas: with a background, and without."""
    random = np.random.default_rng(seed)
    shape = (len(images), SIZE, SIZE, 1)
    whole = random.uniform(0, 10, shape).astype("float32")
    masked = np.zeros(shape, "float32")
    for number, image in enumerate(images):
        top, left = random.integers(0, SIZE - 7, 2)
        window = (number, slice(top, top + 8), slice(left, left + 8))
        whole[window] = masked[window] = image
    return whole, masked


def network(filters):
    """A classifier of a canvas."""
    return models.build(
        "cnn",
        input_shape=(SIZE, SIZE, 1),
        num_classes=10,
        scale=1 / 16,
        filters=filters,
        strides=(1, 2, 2),
    )


@functools.cache
def masked_teacher():
    """A large network of digits whose background is removed; all labels."""
    keras.utils.set_random_seed(1000)
    images, labels = digits_data()["train"]
    _, masked = placed(images, seed=1)
    model = compile_model(network((16, 32, 64)), 25 * steps_per_epoch(images))
    model.fit(masked, labels, epochs=25, batch_size=BATCH, verbose=0)
    return model


@task
def background_removed(method, seed, arguments, split="test"):
    """As `digits`; the teacher sees no background, the student does.

    100 pairs have a label, 947 have none. The control trains on the 100
    images with background, for as many steps; the score is accuracy there.
    """
    images, labels = digits_data()["train"]
    whole, masked = placed(images, seed=2)
    hidden = hidden_labels(labels, seed)
    teacher = masked_teacher()
    keras.utils.set_random_seed(seed)
    student = network((4, 8, 16))
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        shown, batch = hidden >= 0, 20
        epochs = -(-steps * batch // int(shown.sum()))
        compile_model(student, steps).fit(
            whole[shown],
            labels[shown],
            batch_size=batch,
            epochs=epochs,
            verbose=0,
        )
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        x = {"student": whole, "teacher": masked}
        compile_model(model, steps)
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    whole, _ = placed(images, seed=3)
    logits = student.predict(whole, batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
