"""Scenes of digits of which some have no boxes, or are dark."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import LABELLED_SCENES
from learning_protocols.scenes import SCENES
from learning_protocols.scenes import SCENES_BATCH
from learning_protocols.scenes import SCENES_STEPS
from learning_protocols.scenes import compile_scenes
from learning_protocols.scenes import detector_teacher
from learning_protocols.scenes import fit_scenes
from learning_protocols.scenes import scenes
from learning_protocols.scenes import scenes_teacher
from tfkd.models.quantized import quantized
from tfkd.tasks import detection


def shown_scenes(seed):
    """Which of the 400 scenes have boxes."""
    random = np.random.default_rng(seed)
    return np.sort(random.permutation(SCENES)[:LABELLED_SCENES])


def score(student, split, view=None):
    """AP at an IoU of 0.5."""
    images, boxes = scenes(detection.data, split)
    images = images if view is None else view(images)
    found = detection.detections(student.predict(images, verbose=0))
    return detection.average_precision(boxes, found)


@task
def scenes_without_boxes(method, seed, arguments, split="test"):
    """200 scenes of digits with boxes, 200 without. The score is AP.

    The teacher saw 1,200 other scenes with boxes. The control trains on the
    200 with boxes for as many steps of as many scenes.
    """
    images, boxes = detection.data(SCENES, split="train", seed=10)
    shown = shown_scenes(seed)
    keras.utils.set_random_seed(seed)
    student = detection.model(filters=(6, 12, 24), neck=24)
    if method is None:
        fit_scenes(student, images[shown], boxes[shown], detection.loss())
    else:
        hidden = detection.unlabelled(SCENES)
        hidden[shown] = boxes[shown]
        model = method.build(
            teacher=detector_teacher(), student=student, **arguments
        )
        fit_scenes(model, images, hidden, detection.loss())
    return score(student, split)


@task
def scenes_in_bits(method, seed, arguments, split="test"):
    """200 scenes with boxes, for a detector of binary weights. AP.

    Its first and last convolutions keep their precision. The teacher, of
    full precision, saw 1,200 other scenes. The control trains the same
    network of binary weights for as many steps.
    """
    images, boxes = detection.data(SCENES, split="train", seed=10)
    shown = shown_scenes(seed)
    keras.utils.set_random_seed(seed)
    student = quantized(
        detection.model(filters=(12, 24, 48), neck=48),
        weights="binary",
        activations=None,
        keep=("stage1_conv", "boxes", "scores"),
    )
    model = student
    if method is not None:
        model = method.build(
            teacher=detector_teacher(), student=student, **arguments
        )
    fit_scenes(model, images[shown], boxes[shown], detection.loss())
    return score(student, split)


def dark(images):
    """An eighth of the light, and noise that is as strong everywhere."""
    noise = np.random.default_rng(0).normal(0, 0.75, images.shape)
    return (images / 8 + noise).astype("float32")


def dark_and_warm(images):
    """The dark images, and what warmth shows: means of 2x2 pixels."""
    count, height, width, _ = images.shape
    parts = (count, height // 2, 2, width // 2, 2, 1)
    means = images.reshape(parts).mean(axis=(2, 4))
    warm = means.repeat(2, axis=1).repeat(2, axis=2)
    return np.concatenate([dark(images), warm], axis=-1)


@functools.cache
def warm_teacher():
    """A detector of both, trained on 1,200 scenes."""
    keras.utils.set_random_seed(1000)
    model = detection.model(
        input_shape=(32, 32, 2), filters=(12, 24, 48), neck=48
    )

    def data(count, **settings):
        images, boxes = detection.data(count, **settings)
        return dark_and_warm(images), boxes

    return scenes_teacher(model, data, detection.loss())


@task
def scenes_in_the_dark(method, seed, arguments, split="test"):
    """200 dark, noisy scenes with boxes. The score is AP at an IoU of 0.5.

    The teacher sees a second channel, without noise at half the resolution,
    and saw 1,200 other scenes. The control trains on the same 200 dark scenes
    for as many steps.
    """
    images, boxes = detection.data(SCENES, split="train", seed=10)
    shown = shown_scenes(seed)
    keras.utils.set_random_seed(seed)
    student = detection.model(filters=(6, 12, 24), neck=24)
    model, x = student, dark(images)[shown]
    if method is not None:
        x = {"student": x, "teacher": dark_and_warm(images)[shown]}
        model = method.build(
            teacher=warm_teacher(), student=student, **arguments
        )
    compile_scenes(model, detection.loss(), SCENES_STEPS).fit(
        x,
        boxes[shown],
        epochs=SCENES_STEPS // (LABELLED_SCENES // SCENES_BATCH),
        batch_size=SCENES_BATCH,
        verbose=0,
    )
    return score(student, split, dark)
