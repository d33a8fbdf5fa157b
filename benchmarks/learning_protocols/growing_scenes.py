"""Scenes of digits of which 0 to 4 have labels, and then 5 to 9 alone."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import SCENES
from learning_protocols.scenes import fit_scenes
from learning_protocols.scenes import scenes
from tfkd.models.grown_detector import grow_detector
from tfkd.models.heads import grow
from tfkd.tasks import detection
from tfkd.tasks import segmentation

OLD = 5


def masks(images, labels, first, stop):
    """Turns pixels of other digits into background."""
    known = (labels > first) & (labels <= stop)
    return images, np.where(known | (labels < 0), labels, 0)


def boxes(images, labels, first, stop):
    """Turns boxes of other digits into padding."""
    known = (labels[..., 4:] >= first) & (labels[..., 4:] < stop)
    return images, np.where(known, labels, -1.0).astype("float32")


@functools.cache
def old_segmenter():
    """Knows the background and digits 0 to 4."""
    keras.utils.set_random_seed(1000)
    model = segmentation.model(filters=(8, 16, 24), num_classes=1 + OLD)
    found = segmentation.data(SCENES, split="train", seed=3)
    fit_scenes(model, *masks(*found, 0, OLD), segmentation.loss())
    return model


@functools.cache
def old_detector():
    """Knows digits 0 to 4."""
    keras.utils.set_random_seed(1000)
    model = detection.model(filters=(6, 12, 24), neck=24, num_classes=OLD)
    found = detection.data(SCENES, split="train", seed=3)
    fit_scenes(model, *boxes(*found, 0, OLD), detection.loss())
    return model


@task
def growing_segmentation(method, seed, arguments, split="test"):
    """Masks of digits 0 to 4, then 400 other scenes with masks of 5 to 9.

    In either step other digits are background. The score is mIoU of all. The
    control fine-tunes the same grown segmenter for as many steps.
    """
    old = old_segmenter()
    keras.utils.set_random_seed(seed)
    student = grow(old, 10 - OLD, bias_correction=False)
    model = student
    if method is not None:
        model = method.build(teacher=old, student=student, **arguments)
    found = segmentation.data(SCENES, split="train", seed=10 + seed)
    fit_scenes(model, *masks(*found, OLD, 10), segmentation.loss())
    images, labels = scenes(segmentation.data, split)
    metric = segmentation.MeanIoU()
    metric.update_state(labels, student.predict(images, verbose=0))
    return float(metric.result())


@task
def growing_detection(method, seed, arguments, split="test"):
    """Boxes of digits 0 to 4, then 400 other scenes with boxes of 5 to 9.

    The score is AP at an IoU of 0.5, of all. The control fine-tunes the same
    grown detector for as many steps.
    """
    old = old_detector()
    keras.utils.set_random_seed(seed)
    student = grow_detector(old, 10 - OLD)
    model = student
    if method is not None:
        model = method.build(teacher=old, student=student, **arguments)
    found = detection.data(SCENES, split="train", seed=10 + seed)
    fit_scenes(model, *boxes(*found, OLD, 10), detection.loss())
    images, labels = scenes(detection.data, split)
    found = detection.detections(student.predict(images, verbose=0))
    return detection.average_precision(labels, found)
