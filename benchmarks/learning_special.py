"""Protocols of the learning table for what is no plain classification."""

import functools

import keras
import numpy as np
from learning_tasks import BATCH
from learning_tasks import EPOCHS
from learning_tasks import accuracy
from learning_tasks import compile_model
from learning_tasks import digits_data
from learning_tasks import digits_teacher
from learning_tasks import hidden_labels
from learning_tasks import steps_per_epoch
from learning_tasks import student_model
from learning_tasks import task

from tfkd import methods
from tfkd import models
from tfkd import sources
from tfkd.models import heads
from tfkd.tasks import detection
from tfkd.tasks import segmentation

SCENES = 400
TEACHER_SCENES = 1200
SCENES_BATCH = 20
LABELLED_SCENES = 200
SCENES_STEPS = 800
DATA_FREE_STEPS = 2000
OLD_CLASSES = 5


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


@task
def class_incremental(method, seed, arguments, split="test"):
    """Digits 0 to 4, then 5 to 9 with 20 exemplars of each old class.

    The score is the accuracy on all ten. A method holds 2 examples of each
    class back for its second stage. The control fine-tunes the same grown
    network on all exemplars and new examples, for as many steps.
    """
    images, labels = digits_data()["train"]
    first = labels < OLD_CLASSES
    keras.utils.set_random_seed(seed)
    old = small_model(OLD_CLASSES)
    fit_classes(old, images[first], labels[first], steps=200)
    features = keras.Model(old.inputs, old.get_layer("embedding").output)
    memory = sources.Exemplars(20 * OLD_CLASSES)
    memory.add(
        images[first],
        labels[first],
        features.predict(images[first], verbose=0),
    )
    kept = memory.arrays()
    x = np.concatenate([kept[0], images[~first]])
    y = np.concatenate([kept[1], labels[~first]])
    keras.utils.set_random_seed(seed)
    student = heads.grow(old, 10 - OLD_CLASSES)
    if method is None:
        fit_classes(student, x, y, steps=200)
        return accuracy(student, split)
    model = method.build(teacher=old, student=student, **arguments)
    training, validation = sources.balanced_split(x, y, fraction=0.1, seed=seed)
    fit_classes(model, *training, steps=200)
    model.correct_bias(*validation)
    return accuracy(student, split)


def small_model(classes):
    """The student's architecture for a number of classes."""
    return models.build(
        "cnn",
        input_shape=(8, 8, 1),
        num_classes=classes,
        scale=1 / 16,
        filters=(8, 16),
        strides=(1, 2),
    )


def fit_classes(model, x, y, steps):
    """Trains for a number of steps, whatever the number of examples."""
    passes = -(-steps * BATCH // len(x))
    random = np.random.default_rng(len(x))
    rows = np.concatenate([random.permutation(len(x)) for _ in range(passes)])
    rows = rows[: steps * BATCH]
    compile_model(model, steps)
    model.fit(x[rows], y[rows], batch_size=BATCH, shuffle=False, verbose=0)


@task
def no_images(method, seed, arguments, split="test"):
    """A teacher of all training labels; the student sees no image at all.

    The control is the same student distilled (`hinton_kd` without labels,
    temperature 4) from the same teacher on images of uniform noise, new ones
    at every step, for as many steps.
    """
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    steps = DATA_FREE_STEPS
    if method is None:
        model = methods.get("hinton_kd").build(
            teacher=teacher, student=student, weight=1.0, task_weight=0.0
        )
        random = np.random.default_rng(seed)
        noise = random.uniform(0, 16, (steps * BATCH, 8, 8, 1))
        compile_model(model, steps)
        model.fit(
            noise.astype("float32"),
            np.full(len(noise), -1),
            batch_size=BATCH,
            verbose=0,
        )
        return accuracy(student, split)
    model = method.build(
        teacher=teacher,
        student=student,
        value_range=(0.0, 16.0),
        seed=seed,
        **arguments,
    )
    compile_model(model, steps)
    if hasattr(model, "synthesize"):
        images, _ = model.synthesize()
        # Whole epochs of made images, at least as many steps as given.
        epochs = round(steps / steps_per_epoch(images))
        model.fit(epochs=epochs, batch_size=BATCH, verbose=0)
    else:
        model.fit(epochs=1, steps_per_epoch=steps, batch_size=BATCH, verbose=0)
    return accuracy(student, split)


def blurred(images):
    """Averages 2x2 pixels, and repeats the mean: 4x4 numbers an image."""
    means = images.reshape(-1, 4, 2, 4, 2, 1).mean(axis=(2, 4), keepdims=True)
    return np.broadcast_to(means, (len(images), 4, 2, 4, 2, 1)).reshape(
        images.shape
    )


@task
def two_modalities(method, seed, arguments, split="test"):
    """As `digits`, but the student sees means of 2x2 pixels only.

    100 pairs have a label, 947 have none. The control trains on the 100
    blurred images and labels, for as many steps.
    """
    images, labels = digits_data()["train"]
    hidden = hidden_labels(labels, seed)
    teacher = digits_teacher()
    keras.utils.set_random_seed(seed)
    student = student_model()
    steps = EPOCHS * steps_per_epoch(images)
    if method is None:
        shown = hidden >= 0
        batch = 20
        compile_model(student, steps).fit(
            blurred(images)[shown],
            labels[shown],
            batch_size=batch,
            epochs=-(-steps * batch // int(shown.sum())),
            verbose=0,
        )
    else:
        model = method.build(teacher=teacher, student=student, **arguments)
        x = {"student": blurred(images), "teacher": images}
        compile_model(model, steps)
        model.fit(x, hidden, epochs=EPOCHS, batch_size=BATCH, verbose=0)
    images, labels = digits_data()[split]
    logits = student.predict(blurred(images), batch_size=500, verbose=0)
    return float(np.mean(np.argmax(logits, axis=-1) == labels))
