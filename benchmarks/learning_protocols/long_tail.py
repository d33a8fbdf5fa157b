"""Digits of which some are common and others rare."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd import models

# Images of the digits 0 to 9.
COUNTS = (100, 80, 60, 45, 35, 12, 10, 8, 6, 5)
LABEL_SETS = (tuple(range(5)), tuple(range(5, 10)))


@functools.cache
def tail():
    """The first images of each digit, fewer and fewer."""
    images, labels = digits_data()["train"]
    rows = [np.flatnonzero(labels == c)[:n] for c, n in enumerate(COUNTS)]
    rows = np.concatenate(rows)
    return images[rows], labels[rows]


def balanced(x, y, steps, seed):
    """Rows of batches in which every class is as frequent."""
    random = np.random.default_rng(seed)
    classes = [np.flatnonzero(y == label) for label in np.unique(y)]
    drawn = random.integers(0, len(classes), steps * BATCH)
    return np.array([random.choice(classes[label]) for label in drawn])


@functools.cache
def expert(labels_known):
    """A classifier of digits that are about as frequent, drawn alike."""
    images, labels = tail()
    rows = np.isin(labels, labels_known)
    x, y = images[rows], labels[rows] - min(labels_known)
    keras.utils.set_random_seed(1000)
    model = models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=len(labels_known),
        scale=1 / 16,
        filters=(32, 32, 64),
        strides=(1, 1, 2),
        dense=(64,),
    )
    order = balanced(x, y, 200, 0)
    compile_model(model, 200)
    model.fit(x[order], y[order], batch_size=BATCH, shuffle=False, verbose=0)
    return model


@task
def long_tail(method, seed, arguments, split="test"):
    """361 labelled digits, 100 zeros down to 5 nines; experts of each half.

    All digits count alike in the score, and are drawn as often. The control
    is the same student on the same batches without experts.
    """
    images, labels = tail()
    experts = [expert(labels_known) for labels_known in LABEL_SETS]
    keras.utils.set_random_seed(seed)
    student = student_model()
    steps = EPOCHS * 10
    model = student
    if method is not None:
        arguments = {
            "label_sets": LABEL_SETS,
            "curriculum_steps": steps // 2,
            **arguments,
        }
        model = method.build(teacher=experts, student=student, **arguments)
    compile_model(model, steps)
    order = balanced(images, labels, steps, seed)
    model.fit(
        images[order],
        labels[order],
        batch_size=BATCH,
        shuffle=False,
        verbose=0,
    )
    return accuracy(student, split)
