"""Models and data that conformance cases are made of."""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from tfkd import models

CLASSES = 4
SHAPE = (8, 8, 1)
# Two full batches, and an odd last one.
EXAMPLES = 21
BATCH = 8


def cnn(filters, classes=CLASSES, shape=SHAPE, dense=()):
    """A small convolutional network on 8x8 images of values up to 16."""
    return models.build(
        "cnn",
        input_shape=shape,
        num_classes=classes,
        scale=1 / 16,
        filters=filters,
        dense=dense,
    )


def teacher():
    return cnn((6, 8, 12))


def student():
    return cnn((4, 6, 8))


def deep_teacher():
    """A deeper network with the student's widths."""
    return models.build(
        "resnet",
        input_shape=SHAPE,
        num_classes=CLASSES,
        scale=1 / 16,
        filters=(4, 6, 8),
    )


def no_teacher():
    """For methods in which the student teaches itself."""
    return None


def images(count=EXAMPLES, seed=0, shape=SHAPE):
    """Images whose brightest quarter is the class."""
    random = np.random.default_rng(seed)
    x = random.uniform(0, 6, (count, *shape)).astype("float32")
    y = (np.arange(count) % CLASSES).astype("int32")
    half = shape[0] // 2
    for example, label in enumerate(y):
        row, column = divmod(int(label), 2)
        rows = slice(half * row, half * (row + 1))
        columns = slice(half * column, half * (column + 1))
        x[example, rows, columns] += 10
    return x, y


def data(needs=(), count=EXAMPLES):
    """Inputs and labels of one epoch, with what a card's `needs` names."""
    x, y = images(count)
    views = {"student": x}
    if "views" in needs:
        noise = np.random.default_rng(1).normal(0, 0.5, x.shape)
        views["teacher"] = x + noise.astype("float32")
    if "index" in needs:
        views["index"] = np.arange(count, dtype="int32")
    if "unlabelled" in needs:
        y = np.where(np.arange(count) % 3 == 0, -1, y).astype("int32")
    return (views if len(views) > 1 else x), y


@dataclasses.dataclass(frozen=True)
class Case:
    """How one method is built and fed.

    Attributes:
        teacher: Returns a new teacher: a model, or what the method takes.
        student: Returns a new student.
        data: Called with `(needs, count)`; returns `(x, y)`.
        options: Build arguments, besides those of the card.
        loss: The compiled task loss.
        epochs: Epochs after which every trainable weight must have moved.
        student_passes: Student forward passes a step.
        untrained: Names (substrings of paths) of trainable weights that a
            short training rightly leaves as they are.
        exempt: Check to the reason why it does not apply. An exemption whose
            check passes is stale, and fails.
    """

    teacher: Callable = teacher
    student: Callable = student
    data: Callable = data
    options: dict = dataclasses.field(default_factory=dict)
    loss: object = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    epochs: int = 1
    student_passes: int = 1
    untrained: tuple = ()
    exempt: dict = dataclasses.field(default_factory=dict)
