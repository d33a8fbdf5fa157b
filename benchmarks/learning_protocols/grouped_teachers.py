"""Groups of teachers: two that know the digits 0 to 4, two of 5 to 9."""

import functools

import keras
import numpy as np

from learning_protocols.digits import BATCH
from learning_protocols.digits import compile_model
from learning_protocols.digits import digits_data
from learning_protocols.digits import distilled
from learning_protocols.digits import steps_per_epoch
from learning_protocols.digits import task
from tfkd import models

LABEL_SETS = (tuple(range(5)), tuple(range(5, 10)))


@functools.cache
def groups():
    """Trains two teachers of different widths a group, on all its labels."""
    images, labels = digits_data()["train"]
    found = []
    for number, known in enumerate(LABEL_SETS):
        rows = np.isin(labels, known)
        x, y = images[rows], labels[rows] - known[0]
        group = []
        for filters in ((32, 64), (24, 48)):
            keras.utils.set_random_seed(1000 + number + filters[0])
            model = models.build(
                "cnn",
                input_shape=(8, 8, 1),
                num_classes=len(known),
                scale=1 / 16,
                filters=filters,
                strides=(1, 2),
            )
            compile_model(model, 25 * steps_per_epoch(x))
            model.fit(x, y, epochs=25, batch_size=BATCH, verbose=0)
            group.append(model)
        found.append(group)
    return found


@task
def grouped_teachers(method, seed, arguments, split="test"):
    """As `digits`, with two groups of two teachers, of half the digits each.

    The student's stage trains for the whole budget, and so does each group's
    component before it.
    """
    arguments = {"label_sets": LABEL_SETS, **arguments}
    return distilled(method, seed, arguments, split, groups)
