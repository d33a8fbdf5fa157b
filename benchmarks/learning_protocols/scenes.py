"""Scenes of digits: segmentation and detection."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from tfkd.tasks import detection
from tfkd.tasks import segmentation

SCENES = 400
TEACHER_SCENES = 1200
SCENES_BATCH = 20
LABELLED_SCENES = 200
SCENES_STEPS = 800


def scenes(data, split):
    """300 scenes to test, of digits in no other scene; 200 to evaluate.

    Digits of the eval scenes occur, among 1,347, in training scenes too.
    """
    if split == "test":
        return data(300, split="test", seed=2)
    return data(200, split="train", seed=1)


def compile_scenes(model, loss, steps, learning_rate=3e-3):
    """Compiles with AdamW, a cosine decay and the loss of a task."""
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4), loss, jit_compile=False
    )
    return model


def scenes_teacher(model, data, loss):
    """Trains a teacher on 1,200 labelled scenes for 15 epochs."""
    batch, epochs = 32, 15
    images, labels = data(TEACHER_SCENES, split="train", seed=3)
    steps = epochs * -(-TEACHER_SCENES // batch)
    compile_scenes(model, loss, steps)
    model.fit(images, labels, epochs=epochs, batch_size=batch, verbose=0)
    return model


def canvases(count, **arguments):
    """Images of 16x16 with one digit each, and masks."""
    return segmentation.data(count, size=16, objects=1, **arguments)


@functools.cache
def segmenter_teacher():
    """A segmenter of 33,131 parameters."""
    keras.utils.set_random_seed(1000)
    model = segmentation.model(input_shape=(16, 16, 1), filters=(12, 24, 48))
    return scenes_teacher(model, canvases, segmentation.loss())


@functools.cache
def detector_teacher():
    """A detector of 69,880 parameters."""
    keras.utils.set_random_seed(1000)
    model = detection.model(filters=(12, 24, 48), neck=48)
    return scenes_teacher(model, detection.data, detection.loss())


def fit_scenes(model, images, labels, loss):
    """Trains for 800 steps of 20 scenes."""
    epochs = SCENES_STEPS // (len(images) // SCENES_BATCH)
    compile_scenes(model, loss, SCENES_STEPS).fit(
        images, labels, epochs=epochs, batch_size=SCENES_BATCH, verbose=0
    )


@task
def scenes_segmentation(method, seed, arguments, split="test"):
    """Canvases of a digit, 200 with masks, 200 without. The score is mIoU.

    The teacher saw 1,200 other canvases with masks. The control trains on
    the 200 for as many steps of as many canvases.
    """
    teacher = segmenter_teacher()
    images, masks = canvases(SCENES, split="train", seed=10)
    random = np.random.default_rng(seed)
    shown = np.sort(random.permutation(SCENES)[:LABELLED_SCENES])
    keras.utils.set_random_seed(seed)
    student = segmentation.model(input_shape=(16, 16, 1), filters=(8, 16, 24))
    loss = segmentation.loss()
    if method is None:
        fit_scenes(student, images[shown], masks[shown], loss)
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        hidden = np.full_like(masks, -1)
        hidden[shown] = masks[shown]
        fit_scenes(model, images, hidden, loss)
    images, masks = scenes(canvases, split)
    metric = segmentation.MeanIoU()
    metric.update_state(masks, student.predict(images, verbose=0))
    return float(metric.result())


@task
def scenes_detection(method, seed, arguments, split="test"):
    """200 scenes of digits with boxes. The score is AP at an IoU of 0.5.

    The teacher saw 1,200 other scenes with boxes. The control trains on the
    same 200 for as many steps.
    """
    teacher = detector_teacher()
    images, boxes = detection.data(SCENES, split="train", seed=10)
    random = np.random.default_rng(seed)
    shown = np.sort(random.permutation(SCENES)[:LABELLED_SCENES])
    keras.utils.set_random_seed(seed)
    student = detection.model(filters=(6, 12, 24), neck=24)
    model = student
    if method is not None:
        model = method.build(teacher=teacher, student=student, **arguments)
    fit_scenes(model, images[shown], boxes[shown], detection.loss())
    images, boxes = scenes(detection.data, split)
    found = detection.detections(student.predict(images, verbose=0))
    return detection.average_precision(boxes, found)
