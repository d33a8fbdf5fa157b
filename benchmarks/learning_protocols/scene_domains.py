"""Scenes of two domains, of which one has masks or boxes."""

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import canvases
from learning_protocols.scenes import fit_scenes
from learning_protocols.scenes import scenes
from tfkd.tasks import detection
from tfkd.tasks import segmentation

# Scenes of each domain.
EACH = 200


def faint(images):
    """Less contrast on a grey, noisy ground."""
    noise = np.random.default_rng(0).normal(0, 1.0, images.shape)
    return (0.5 * images + 4.0 + noise).astype("float32")


def domains(data, seed, hidden):
    """Returns scenes of the source, and those of both with labels of one."""
    x, y = data(EACH, split="train", seed=10 + seed)
    target, labels = data(EACH, split="train", seed=100 + seed)
    both = np.concatenate([x, faint(target)])
    return (x, y), (both, np.concatenate([y, hidden(labels)]))


def faint_scenes(data, split):
    """Scenes of the target to score on."""
    images, labels = scenes(data, split)
    return faint(images), labels


def run(method, seed, arguments, student, data, loss, hidden):
    """Trains a student on both domains, or the control on the source."""
    source, both = domains(data, seed, hidden)
    if method is None:
        fit_scenes(student, *source, loss)
        return
    teacher = None
    if method.card.get("teacher") != "none":
        teacher = keras.models.clone_model(student)
        teacher.set_weights(student.get_weights())
        fit_scenes(teacher, *source, loss)
    model = method.build(teacher=teacher, student=student, **arguments)
    fit_scenes(model, *both, loss)


@task
def faint_masks(method, seed, arguments, split="test"):
    """200 canvases of a digit with masks, 200 faint ones without.

    The score is mIoU on faint ones. A teacher, where a method needs one, is
    the control: it trained on the 200 with masks for as many steps.
    """
    keras.utils.set_random_seed(seed)
    student = segmentation.model(input_shape=(16, 16, 1), filters=(8, 16, 24))
    run(
        method,
        seed,
        arguments,
        student,
        canvases,
        segmentation.loss(),
        lambda masks: np.full_like(masks, -1),
    )
    images, masks = faint_scenes(canvases, split)
    metric = segmentation.MeanIoU()
    metric.update_state(masks, student.predict(images, verbose=0))
    return float(metric.result())


@task
def faint_boxes(method, seed, arguments, split="test"):
    """200 scenes of digits with boxes, 200 faint ones without.

    The score is AP at an IoU of 0.5 on faint ones. The control trains on the
    200 with boxes, for as many steps.
    """
    keras.utils.set_random_seed(seed)
    student = detection.model(filters=(6, 12, 24), neck=24)
    run(
        method,
        seed,
        arguments,
        student,
        detection.data,
        detection.loss(),
        lambda boxes: detection.unlabelled(len(boxes)),
    )
    images, boxes = faint_scenes(detection.data, split)
    found = detection.detections(student.predict(images, verbose=0))
    return detection.average_precision(boxes, found)
