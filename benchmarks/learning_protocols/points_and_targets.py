"""Digits that are turned, and digits that are searched in scenes."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import LABELLED_SCENES
from learning_protocols.scenes import fit_scenes
from learning_protocols.scenes import scenes_teacher
from tfkd.tasks import corners
from tfkd.tasks import tracking


@functools.cache
def corners_teacher():
    """A detector of points, trained on 1,200 turned digits."""
    keras.utils.set_random_seed(1000)
    model = corners.model(filters=(12, 24, 48), neck=48)
    return scenes_teacher(model, corners.data, corners.loss())


@task
def turned_digits(method, seed, arguments, split="test"):
    """200 turned digits with their corners.

    The teacher saw 1,200 others. The control trains on the same 200 for as
    many steps. The score is the share of digits of which class and corners,
    within 2 pixels, are found.
    """
    images, labels = corners.data(LABELLED_SCENES, seed=10 + seed)
    keras.utils.set_random_seed(seed)
    student = corners.model(filters=(6, 12, 24), neck=24)
    model = student
    if method is not None:
        model = method.build(
            teacher=corners_teacher(), student=student, **arguments
        )
    fit_scenes(model, images, labels, corners.loss())
    if split == "test":
        images, labels = corners.data(300, split="test", seed=2)
    else:
        images, labels = corners.data(200, seed=1)
    return corners.success(labels, student.predict(images, verbose=0))


@functools.cache
def tracking_teacher():
    """A Siamese tracker, trained for 900 steps on 1,200 pairs."""
    keras.utils.set_random_seed(1000)
    model = tracking.model(filters=(12, 24, 48))
    return fit_pairs(model, 1200, 3, 15, 20)


def fit_pairs(model, count, seed, epochs, batch):
    """Trains on pairs of a target and a scene."""
    inputs, boxes = tracking.data(count, seed=seed)
    steps = epochs * -(-count // batch)
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    optimizer = keras.optimizers.AdamW(rate, weight_decay=1e-4)
    model.compile(optimizer, tracking.loss(), jit_compile=False)
    model.fit(inputs, boxes, epochs=epochs, batch_size=batch, verbose=0)
    return model


@task
def targets_in_scenes(method, seed, arguments, split="test"):
    """200 pairs of a digit and a scene that it is in, with its box.

    The teacher saw 1,200 other pairs. The control trains on the same 200 for
    as many steps. The score is the share of scenes whose most certain box has
    an IoU of 0.5 with the digit's.
    """
    keras.utils.set_random_seed(seed)
    student = tracking.model(filters=(6, 12, 24))
    model = student
    if method is not None:
        model = method.build(
            teacher=tracking_teacher(),
            student=student,
            peer_loss=tracking.loss(),
            **arguments,
        )
    fit_pairs(model, LABELLED_SCENES, 10 + seed, 80, 20)
    if split == "test":
        inputs, boxes = tracking.data(300, split="test", seed=2)
    else:
        inputs, boxes = tracking.data(200, seed=1)
    outputs = np.asarray(student.predict(inputs, verbose=0))
    return tracking.success(boxes, outputs)
