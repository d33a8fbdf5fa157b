"""Teachers that know some of the digits each."""

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

# The fours and fives are known to both.
LABEL_SETS = (tuple(range(6)), tuple(range(4, 10)))


@functools.cache
def teacher_of(labels_known):
    """A classifier of some digits, trained on these for 25 epochs."""
    images, labels = digits_data()["train"]
    rows = np.isin(labels, labels_known)
    images, labels = images[rows], labels[rows] - min(labels_known)
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
    compile_model(model, 25 * steps_per_epoch(images))
    model.fit(images, labels, epochs=25, batch_size=BATCH, verbose=0)
    return model


@task
def teachers_of_some_classes(method, seed, arguments, split="test"):
    """As `digits`, with one teacher of 0 to 5, and one of 4 to 9."""

    def teachers():
        return [teacher_of(labels) for labels in LABEL_SETS]

    return distilled(method, seed, arguments, split, teachers)
