"""Digits that arrive in steps, with few exemplars of the earlier ones."""

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import task
from tfkd import models
from tfkd import sources
from tfkd.models import cosine_head
from tfkd.models import heads

EXEMPLARS = 5
STEPS = 200


def classifier(classes):
    """The student's architecture twice as wide, for some classes."""
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        scale=1 / 16,
        filters=(8, 16),
        strides=(1, 2),
    )


def train(model, x, y, steps=STEPS):
    """Trains for a number of steps, whatever the number of examples."""
    random = np.random.default_rng(len(x))
    passes = range(-(-steps * BATCH // len(x)))
    rows = np.concatenate([random.permutation(len(x)) for _ in passes])
    rows = rows[: steps * BATCH]
    compile_model(model, steps)
    model.fit(x[rows], y[rows], batch_size=BATCH, shuffle=False, verbose=0)


def arrive(memory, first, stop):
    """Returns the new digits, and exemplars of the old ones."""
    images, labels = digits_data()["train"]
    new = (labels >= first) & (labels < stop)
    x, y = images[new], labels[new]
    if memory.classes:
        kept = memory.arrays()
        x, y = np.concatenate([kept[0], x]), np.concatenate([kept[1], y])
    return x, y


def remember(model, memory, first, stop):
    """Keeps exemplars of the digits that the model has just learned."""
    images, labels = digits_data()["train"]
    new = (labels >= first) & (labels < stop)
    embedding = keras.Model(model.input, model.get_layer("embedding").output)
    features = embedding.predict(images[new], verbose=0)
    memory.add(images[new], labels[new], features)


def plain_growth(model, new_classes):
    """Grows a classifier without a correction of its biases."""
    return heads.grow(model, new_classes, bias_correction=False)


def run(method, seed, arguments, split, stops, start, grow):
    """Learns digits below each of `stops` in turn; scores all ten."""
    memory = sources.Exemplars(EXEMPLARS * 10)
    keras.utils.set_random_seed(seed)
    snapshots, student = [], start(stops[0])
    train(student, *arrive(memory, 0, stops[0]))
    for before, first, stop in zip((0, *stops), stops, stops[1:]):
        remember(student, memory, before, first)
        snapshots.append(student)
        student = grow(student, stop - first)
        x, y = arrive(memory, first, stop)
        if method is None:
            train(student, x, y)
            continue
        many = method.card.get("teacher") == "many"
        teacher = snapshots if many else snapshots[-1]
        model = method.build(teacher=teacher, student=student, **arguments)
        train(model, x, y)
        if hasattr(model, "fine_tune"):
            model.fine_tune(x, y, epochs=20, batch_size=20, verbose=0)
    return accuracy(student, split)


@task
def five_and_five(method, seed, arguments, split="test"):
    """Digits 0 to 4, then 5 to 9 with 5 exemplars of each old class.

    The control fine-tunes the same grown network on all of them.
    """
    return run(
        method, seed, arguments, split, (5, 10), classifier, plain_growth
    )


@task
def five_and_five_by_angles(method, seed, arguments, split="test"):
    """As `five_and_five`, with a cosine classifier for all."""

    def start(classes):
        return cosine_head.with_cosine_head(classifier(classes))

    return run(
        method,
        seed,
        arguments,
        split,
        (5, 10),
        start,
        cosine_head.grow_cosine,
    )


@task
def three_steps(method, seed, arguments, split="test"):
    """Digits 0 to 3, 4 to 6, 7 to 9, with 5 exemplars of each old class."""
    return run(
        method, seed, arguments, split, (4, 7, 10), classifier, plain_growth
    )
