"""Embeddings of digits: is the nearest other image of the same class?"""

import functools

import keras
import numpy as np

import tfkd
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import task
from tfkd import losses
from tfkd import sources

STEPS = 1020
WIDTH = 16
# Triplets of the teacher and of the control.
HARD = {"margin": 0.5, "mining": "hard"}
UNIT = {"margin": 0.35, "mining": "all", "squared": True, "normalize": True}


def embedder(filters, strides, dense=()):
    """A network whose outputs are 16 numbers."""
    return tfkd.models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=WIDTH,
        scale=1 / 16,
        filters=filters,
        strides=strides,
        dense=dense,
    )


def fit_embedder(model, images, labels, steps, unlabelled=0, seed=0):
    """Trains on batches of 4 images of every class, and unlabelled ones."""
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4), jit_compile=False
    )
    batches = sources.ClassBatches(
        images,
        labels,
        classes=10,
        per_class=4,
        unlabelled=unlabelled,
        batches=steps,
        seed=seed,
    )
    model.fit(batches, verbose=0)


def triplets_alone(model, triplets):
    """Returns a distiller that has the triplet loss of a model and no other."""
    return tfkd.distillers.Distiller(
        student=model,
        teacher=tfkd.teachers.SelfTeacher(),
        distillation_losses=losses.TripletMargin(
            student_tap="outputs", **triplets
        ),
        student_loss_weight=0.0,
    )


@functools.cache
def embedding_teacher(kind):
    """A teacher of all training labels: 95,000 parameters."""
    keras.utils.set_random_seed(1000)
    model = embedder((32, 32, 64), (1, 1, 2), dense=(64,))
    triplets = {"hard": HARD, "unit": UNIT}[kind]
    images, labels = digits_data()["train"]
    fit_embedder(triplets_alone(model, triplets), images, labels, steps=425)
    return model


def recall(model, split):
    """Share of images whose nearest other image is of their class."""
    images, labels = digits_data()[split]
    x = model.predict(images, batch_size=500, verbose=0).astype("float64")
    square = np.sum(x**2, axis=1)
    distances = square[:, None] + square[None] - 2 * x @ x.T
    np.fill_diagonal(distances, np.inf)
    return float(np.mean(labels[np.argmin(distances, axis=1)] == labels))


def retrieval(method, seed, arguments, split, kind):
    """Trains a student by a method or by triplets alone; see the tasks."""
    teacher = embedding_teacher(kind)
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    keras.utils.set_random_seed(seed)
    student = embedder((4, 8), (1, 2))
    if method is None:
        model = triplets_alone(student, {"hard": HARD, "unit": UNIT}[kind])
    else:
        model = method.build(
            teacher=teacher,
            student=student,
            teacher_tap="outputs",
            student_tap="outputs",
            **arguments,
        )
    fit_embedder(
        model, images, hidden, STEPS, 0 if method is None else 24, seed
    )
    return recall(student, split)


@task
def digits_retrieval(method, seed, arguments, split="test"):
    """100 labels, 947 images without; embeddings. The score is recall@1.

    Among the images of the split, the nearest other one is right if it is of
    the same class. Teacher (of all training labels) and control (of the 100)
    have the hard triplet loss of margin 0.5, and batches of 4 images of each
    class; a method's batches hold 24 unlabelled images more.
    """
    return retrieval(method, seed, arguments, split, "hard")


@task
def digits_unit_retrieval(method, seed, arguments, split="test"):
    """As `digits_retrieval`, with another triplet loss.

    It takes all triplets of a batch, squared distances of unit embeddings,
    and the margin 0.35, the middle of those that a teacher sets.
    """
    return retrieval(method, seed, arguments, split, "unit")
