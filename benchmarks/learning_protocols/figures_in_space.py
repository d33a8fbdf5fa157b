"""Digits that turn and tilt, of which no depth is labelled."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import SCENES_BATCH
from learning_protocols.scenes import SCENES_STEPS
from learning_protocols.scenes import compile_scenes
from tfkd.models import shape_dictionary
from tfkd.tasks import points

LABELLED = 400
LANDMARKS = 1200


@functools.cache
def dictionary():
    """Shapes and cameras of the landmarks of 1,200 other digits."""
    keras.utils.set_random_seed(1000)
    _, found = points.data(LANDMARKS, seed=3)
    model = shape_dictionary.build(points=found.shape[1])
    compile_scenes(model, "mse", 1800)
    landmarks = found[..., :2]
    model.fit(landmarks, landmarks, batch_size=20, epochs=30, verbose=0)
    return model


@task
def landmarks_in_space(method, seed, arguments, split="test"):
    """400 digits in poses, with rows and columns of five landmarks.

    The teacher saw such landmarks of 1,200 others, and no depth either. The
    control trains on the 400 for as many steps, and its depths are 0. The
    score is 1 - the mean distance of a landmark in space over 4 pixels; near
    and far may be exchanged in all images together.
    """
    x, y = points.data(LABELLED, seed=10 + seed)
    landmarks = y[..., :2]
    keras.utils.set_random_seed(seed)
    student = points.model()
    model, given = student, x
    if method is not None:
        model = method.build(teacher=dictionary(), student=student, **arguments)
        given = {"student": x, "teacher": landmarks}
    compile_scenes(model, points.PlaneLoss(), SCENES_STEPS)
    epochs = SCENES_STEPS // (LABELLED // SCENES_BATCH)
    model.fit(
        given, landmarks, epochs=epochs, batch_size=SCENES_BATCH, verbose=0
    )
    if split == "test":
        x, y = points.data(300, split="test", seed=2)
    else:
        x, y = points.data(200, split="train", seed=1)
    found = student.predict(x, verbose=0)
    signs = (0.0,) if method is None else (1.0, -1.0)
    gaps = [
        np.linalg.norm(found * [1.0, 1.0, sign] - y, axis=-1).mean()
        for sign in signs
    ]
    return float(max(0.0, 1.0 - 2 * min(gaps)))
