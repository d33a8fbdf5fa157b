"""Digits of which most labels may be wrong."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import EPOCHS
from learning_protocols.digits import accuracy
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import hidden_labels
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import student_model
from learning_protocols.digits import task
from learning_protocols.digits import teacher_model

WRONG = 0.5


def corrupted(labels, clean, seed):
    """Replaces half of the labels that are not clean by random other ones."""
    random = np.random.default_rng(seed)
    wrong = (random.random(len(labels)) < WRONG) & ~clean
    others = (labels + random.integers(1, 10, len(labels))) % 10
    return np.where(wrong, others, labels)


@functools.lru_cache(maxsize=1)
def clean_teacher(seed):
    """A large network trained on the 100 clean labels alone."""
    images, labels = digits_data()["train"]
    clean = hidden_labels(labels, seed) >= 0
    keras.utils.set_random_seed(1000 + seed)
    model = compile_model(teacher_model(), 400)
    model.fit(images[clean], labels[clean], batch_size=20, epochs=80, verbose=0)
    return model


@task
def noisy_labels(method, seed, arguments, split="test"):
    """A teacher of 100 clean labels; of 947 other labels half are wrong.

    The control trains on the same labels, clean and noisy, without a teacher.
    """
    images, labels = digits_data()["train"]
    noisy = corrupted(labels, hidden_labels(labels, seed) >= 0, seed)
    teacher = clean_teacher(seed)
    keras.utils.set_random_seed(seed)
    student = student_model()
    model = student
    if method is not None:
        model = method.build(teacher=teacher, student=student, **arguments)
    compile_model(model, EPOCHS * steps_per_epoch(images))
    model.fit(images, noisy, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    return accuracy(student, split)
