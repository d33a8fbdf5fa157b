"""Pairs of images: their flow first, and then their disparity."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import compile_scenes
from tfkd.tasks import displacement

TRAIN = 1000
LABELLED = 100
BATCH = 20
STEPS = 800


def fit(model, x, y):
    """Trains for 800 steps of 20 pairs."""
    epochs = -(-STEPS // -(-len(x) // BATCH))
    compile_scenes(model, displacement.loss(), STEPS).fit(
        x, y, epochs=epochs, batch_size=BATCH, verbose=0
    )
    return model


@functools.cache
def flow_teacher():
    """A network of the flows of 1,000 pairs."""
    keras.utils.set_random_seed(1000)
    return fit(displacement.model(), *displacement.data(TRAIN, seed=3))


@task
def flow_then_disparity(method, seed, arguments, split="test"):
    """100 stereo pairs with disparities, after 1,000 pairs with flows.

    The control learns the disparities alone, for as many steps. The score is
    the share of their mean size that is explained.
    """
    x, y = displacement.data(LABELLED, stereo=True, seed=10 + seed)
    keras.utils.set_random_seed(seed)
    student = displacement.model(channels=1)
    model = student
    if method is not None:
        model = method.build(
            teacher=flow_teacher(), student=student, **arguments
        )
    fit(model, x, y)
    if split == "test":
        x, y = displacement.data(300, stereo=True, split="test", seed=2)
    else:
        x, y = displacement.data(200, stereo=True, seed=1)
    found = student.predict(x, batch_size=100, verbose=0)
    left = np.mean(np.abs(found - y)) / np.mean(np.abs(y))
    return float(max(0.0, 1.0 - left))
