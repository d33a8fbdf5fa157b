"""A general teacher, and two specialists for what it confuses."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import distilled
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from learning_protocols.digits import teacher_model
from tfkd import metrics

SPECIALISTS = 2
STEPS = 100


@functools.cache
def general_and_specialists():
    """Trains the general one for 2 epochs, and copies on half batches.

    One half of a specialist's examples is of its pair of classes, which the
    general one confuses most, the other half of the other classes.
    """
    images, labels = digits_data()["train"]
    keras.utils.set_random_seed(1000)
    general = compile_model(teacher_model(), 2 * steps_per_epoch(images))
    general.fit(images, labels, epochs=2, batch_size=BATCH, verbose=0)
    logits = general.predict(images, batch_size=500, verbose=0)
    scores = np.exp(logits - logits.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    matrix = metrics.confusion_matrix(scores, labels)
    teachers = [general]
    random = np.random.default_rng(0)
    for pair in metrics.most_confused(matrix, SPECIALISTS):
        inside = np.isin(labels, pair)
        halves = [
            random.choice(np.flatnonzero(rows), STEPS * BATCH // 2)
            for rows in (inside, ~inside)
        ]
        rows = np.stack(halves, axis=1).ravel()
        model = keras.models.clone_model(general)
        model.set_weights(general.get_weights())
        compile_model(model, STEPS, learning_rate=1e-3)
        model.fit(
            images[rows],
            labels[rows],
            batch_size=BATCH,
            shuffle=False,
            verbose=0,
        )
        teachers.append(model)
    return teachers


@task
def specialist_teachers(method, seed, arguments, split="test"):
    """As `digits`, with a general teacher and two specialists."""
    return distilled(method, seed, arguments, split, general_and_specialists)
