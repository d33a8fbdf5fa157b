"""Scenes of which the student sees a blurred copy, and the teacher all."""

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import LABELLED_SCENES
from learning_protocols.scenes import SCENES
from learning_protocols.scenes import SCENES_BATCH
from learning_protocols.scenes import SCENES_STEPS
from learning_protocols.scenes import canvases
from learning_protocols.scenes import compile_scenes
from learning_protocols.scenes import detector_teacher
from learning_protocols.scenes import fit_scenes
from learning_protocols.scenes import scenes
from learning_protocols.scenes import segmenter_teacher
from tfkd.tasks import detection
from tfkd.tasks import segmentation


def blurred(images):
    """Averages 2x2 pixels, and repeats the mean."""
    count, height, width, channels = images.shape
    parts = (count, height // 2, 2, width // 2, 2, channels)
    means = images.reshape(parts).mean(axis=(2, 4))
    return means.repeat(2, axis=1).repeat(2, axis=2)


def trained(method, seed, arguments, teacher, student, data, loss):
    """Trains a student of blurred scenes by pairs; the control by labels."""
    images, labels = data(SCENES, split="train", seed=10)
    keras.utils.set_random_seed(seed)
    model = student()
    if method is None:
        random = np.random.default_rng(seed)
        shown = np.sort(random.permutation(SCENES)[:LABELLED_SCENES])
        fit_scenes(model, blurred(images[shown]), labels[shown], loss)
        return model
    distiller = method.build(teacher=teacher, student=model, **arguments)
    # Labels count nothing.
    compile_scenes(distiller, None, SCENES_STEPS).fit(
        {"student": blurred(images), "teacher": images},
        epochs=SCENES_STEPS // (SCENES // SCENES_BATCH),
        batch_size=SCENES_BATCH,
        verbose=0,
    )
    return model


@task
def blurred_segmentation(method, seed, arguments, split="test"):
    """400 pairs of a canvas and its means of 2x2 pixels, no masks.

    The teacher saw 1,200 other canvases with masks. The control trains on
    200 blurred canvases with masks for as many steps. The score is mIoU.
    """
    student = trained(
        method,
        seed,
        arguments,
        segmenter_teacher(),
        lambda: segmentation.model(
            input_shape=(16, 16, 1), filters=(8, 16, 24)
        ),
        canvases,
        segmentation.loss(),
    )
    images, masks = scenes(canvases, split)
    metric = segmentation.MeanIoU()
    metric.update_state(masks, student.predict(blurred(images), verbose=0))
    return float(metric.result())


@task
def blurred_detection(method, seed, arguments, split="test"):
    """400 pairs of a scene and its means of 2x2 pixels, no boxes.

    The teacher saw 1,200 other scenes with boxes. The control trains on 200
    blurred scenes with boxes for as many steps. The score is AP at an IoU of
    0.5.
    """
    student = trained(
        method,
        seed,
        arguments,
        detector_teacher(),
        lambda: detection.model(filters=(6, 12, 24), neck=48),
        detection.data,
        detection.loss(),
    )
    images, boxes = scenes(detection.data, split)
    found = student.predict(blurred(images), verbose=0)
    return detection.average_precision(boxes, detection.detections(found))
