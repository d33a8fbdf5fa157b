"""What the conformance suite builds each method on.

A method that needs something else than the default has an entry in `CASES`.
"""

import dataclasses
from collections.abc import Callable

import keras
import numpy as np

from tfkd import methods
from tfkd import models
from tfkd import tasks
from tfkd.models import heads

CLASSES = 4
SHAPE = (8, 8, 1)
# Two full batches, and an odd last one.
EXAMPLES = 21
BATCH = 8


def cnn(filters, classes=CLASSES, shape=SHAPE):
    """A small convolutional network on 8x8 images of values up to 16."""
    return models.build(
        "cnn",
        input_shape=shape,
        num_classes=classes,
        scale=1 / 16,
        filters=filters,
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


def segmenter(filters):
    """A tiny segmenter of the scenes' classes."""
    return tasks.get("segmentation").model(filters=filters)


def masks(needs=(), count=EXAMPLES):
    """Scenes of digits, with a class for every pixel."""
    return tasks.get("segmentation").data(count)


def detector(filters, neck):
    """A tiny detector of the scenes' digits."""
    return tasks.get("detection").model(filters=filters, neck=neck)


def boxes(needs=(), count=EXAMPLES):
    """Scenes of digits, with their boxes."""
    return tasks.get("detection").data(count)


def old_classifier():
    """Knows all classes but the last."""
    return cnn((4, 6, 8), classes=CLASSES - 1)


def grown_classifier():
    return heads.grow(old_classifier(), 1)


CASES = {
    "bic": Case(
        teacher=old_classifier,
        student=grown_classifier,
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "the old model knows fewer classes than the grown one"
            )
        },
    ),
    "fgfi": Case(
        teacher=lambda: detector((4, 6, 8), 8),
        student=lambda: detector((4, 4, 6), 6),
        data=boxes,
        loss=tasks.get("detection").loss(),
    ),
    "skd_seg": Case(
        teacher=lambda: segmenter((4, 6, 8)),
        student=lambda: segmenter((4, 4, 6)),
        data=masks,
        loss=tasks.get("segmentation").loss(),
        exempt={
            "permuting_the_batch_permutes_values": (
                "the gradient penalty draws one random mix for each row"
            )
        },
    ),
    "kdgan": Case(teacher=no_teacher),
    "codistillation": Case(teacher=no_teacher),
    "distilled_reid": Case(
        teacher=lambda: [teacher(), teacher()], student_passes=2
    ),
    "dml": Case(teacher=no_teacher, options={"peers": 3}),
    "feed": Case(teacher=lambda: [teacher(), teacher()]),
    "one": Case(teacher=no_teacher),
    "ruder_ka": Case(
        teacher=lambda: [teacher(), teacher()],
        options={"similarities": (0.6, 0.2)},
    ),
    # It matches features without labels: nothing trains the head.
    "supervision_transfer": Case(untrained=("logits",)),
    "crd": Case(
        exempt={
            "permuting_the_batch_permutes_values": (
                "each call draws other negatives and moves the memory"
            )
        }
    ),
    # Flow matrices need equal widths; depths may differ.
    "fsp": Case(teacher=deep_teacher, student=student),
    "byot": Case(teacher=no_teacher),
    "mean_teacher": Case(teacher=no_teacher),
    "multi_exit_distill": Case(teacher=no_teacher),
    "snapshot_distillation": Case(teacher=no_teacher),
}


def of(key):
    """Returns the case of a method."""
    return CASES.get(key, Case())


def needs(key):
    return methods.get(key).card.get("needs", ())
