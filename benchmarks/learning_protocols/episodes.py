"""Digits of which the training knows some, and a test the others."""

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import digits_teacher
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from tfkd import models

# Classes with labels; the others are new at test.
BASE = 5
EPISODES = 200


def embed(model, images):
    """Returns a model's embeddings of images, of length one."""
    tap = keras.Model(model.inputs, model.get_layer("embedding").output)
    found = tap.predict(images, batch_size=500, verbose=0)
    return found / np.maximum(np.linalg.norm(found, axis=1)[:, None], 1e-12)


def episode_accuracy(embeddings, labels, shots):
    """Mean accuracy of the nearest mean of a few examples a new class."""
    random = np.random.default_rng(0)
    scores = []
    for _ in range(EPISODES):
        means, rest = [], np.ones(len(labels), bool)
        for label in range(BASE, 10):
            members = np.flatnonzero(labels == label)
            chosen = random.choice(members, shots, replace=False)
            rest[chosen] = False
            means.append(embeddings[chosen].mean(axis=0))
        gaps = embeddings[rest][:, None] - np.stack(means)
        found = BASE + np.argmin(np.sum(gaps**2, axis=-1), axis=1)
        scores.append(np.mean(found == labels[rest]))
    return float(np.mean(scores))


@task
def one_shot_digits(method, seed, arguments, split="test"):
    """No teacher: labels of the digits 0 to 4; one image of each of 5 to 9.

    The score is the mean accuracy over 200 episodes among the new digits,
    by the nearest embedding. The control trains on the same digits 0 to 4,
    for as many steps.
    """
    images, labels = digits_data()["train"]
    images, labels = images[labels < BASE], labels[labels < BASE]
    keras.utils.set_random_seed(seed)
    student = student_model()
    model = student
    if method is not None:
        model = method.build(teacher=None, student=student, **arguments)
    compile_model(model, EPOCHS * steps_per_epoch(images))
    model.fit(images, labels, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    new = labels >= BASE
    return episode_accuracy(embed(student, images[new]), labels[new], 1)


def outlines(images):
    """Sketches of digits: how steep they are at each pixel."""
    rows, columns = np.gradient(images[..., 0], axis=(1, 2))
    return np.hypot(rows, columns)[..., None].astype("float32")


@task
def one_shot_outlines(method, seed, arguments, split="test"):
    """As `one_shot_digits`, with photos and sketches, and old knowledge.

    The teacher knows all digits as photos. Half of the base digits that are
    trained on are photos, half sketches; the new digits at test are
    sketches. The teacher's class of the same digit is as like a label as can
    be, all others are not at all.
    """
    images, labels = digits_data()["train"]
    images, labels = images[labels < BASE], labels[labels < BASE]
    photos = np.arange(len(labels)) % 2 == 0
    x = np.where(photos[:, None, None, None], images, outlines(images))
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=BASE,
        scale=1 / 16,
        filters=(4, 8),
        strides=(1, 2),
    )
    model = student
    if method is not None:
        model = method.build(
            teacher=teacher,
            student=student,
            similarity=np.eye(BASE, 10).tolist(),
            **arguments,
        )
    compile_model(model, EPOCHS * steps_per_epoch(x))
    model.fit(x, labels, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    new = labels >= BASE
    found = embed(student, outlines(images[new]))
    return episode_accuracy(found, labels[new], 1)
