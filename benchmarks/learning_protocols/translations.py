"""Translations of digits that are learned one after another."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import digits_data
from learning_protocols.digits import task
from tfkd.models import translator

STEPS = 600


def blurred(images):
    """The mean of each pixel and its four neighbours."""
    padded = np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    return (
        images
        + padded[:, 2:, 1:-1]
        + padded[:, :-2, 1:-1]
        + padded[:, 1:-1, 2:]
        + padded[:, 1:-1, :-2]
    ) / 5


def negative(images):
    """Light and dark are exchanged."""
    return 16 - images


def pairs(split, first, stop, change):
    """Returns changed digits below `stop`, and what they were."""
    images, labels = digits_data()[split]
    images = images[(labels >= first) & (labels < stop)]
    return change(images).astype("float32"), images


def train(model, x, y):
    """Trains for 600 steps of 64 images."""
    rate = keras.optimizers.schedules.CosineDecay(3e-3, STEPS)
    model.compile(keras.optimizers.Adam(rate), "mae", jit_compile=False)
    epochs = -(-STEPS * BATCH // len(x))
    model.fit(x, y, batch_size=BATCH, epochs=epochs, verbose=0)


@functools.cache
def first_translator():
    """Makes digits 0 to 4 sharp."""
    keras.utils.set_random_seed(1000)
    model = translator.build((8, 8, 1), value_range=(0.0, 16.0))
    train(model, *pairs("train", 0, 5, blurred))
    return model


@task
def sharp_then_positive(method, seed, arguments, split="test"):
    """Makes blurred digits 0 to 4 sharp, then negatives of 5 to 9 positive.

    Nothing of the first task is seen in the second. The score is 1 less the
    mean absolute error of both, over the range of pixels. The control learns
    the second task for as many steps.
    """
    old = first_translator()
    keras.utils.set_random_seed(seed)
    student = keras.models.clone_model(old)
    student.set_weights(old.get_weights())
    model = student
    if method is not None:
        model = method.build(teacher=old, student=student, **arguments)
    train(model, *pairs("train", 5, 10, negative))
    errors = []
    for first, stop, change in ((0, 5, blurred), (5, 10, negative)):
        x, y = pairs(split, first, stop, change)
        errors.append(np.mean(np.abs(student.predict(x, verbose=0) - y)))
    return float(1.0 - np.mean(errors) / 16.0)
