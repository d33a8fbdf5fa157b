"""Canvases of digits: what every pixel is, and how much ink is around it."""

import functools

import keras
import numpy as np
from keras import layers

from learning_protocols.digits import task
from learning_protocols.scenes import SCENES
from learning_protocols.scenes import SCENES_BATCH
from learning_protocols.scenes import SCENES_STEPS
from learning_protocols.scenes import TEACHER_SCENES
from learning_protocols.scenes import canvases
from learning_protocols.scenes import compile_scenes
from learning_protocols.scenes import scenes
from tfkd.models import blocks
from tfkd.models import named_heads
from tfkd.tasks import segmentation

TASKS = {"parts": segmentation.CLASSES, "ink": 1}
# Two blocks, and then the whole.
STAGES = 3
LABELLED = 100


def ink(images):
    """Mean of 5x5 pixels around each, of at most 1."""
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0))) / 16
    height, width = images.shape[1:3]
    windows = [
        padded[:, row : row + height, column : column + width]
        for row in range(5)
        for column in range(5)
    ]
    return np.mean(windows, axis=0).astype("float32")


def network(filters, channels=1):
    """A network of two stages without a way around them, to every pixel."""
    inputs = keras.Input((16, 16, 1), name="image")
    x = blocks.pixels(inputs, 1 / 16, 0.0)
    x = blocks.conv(x, filters[0], name="stage1")
    x = blocks.conv(x, filters[1], stride=2, name="stage2")
    x = layers.UpSampling2D(2, name="up")(x)
    x = blocks.conv(x, filters[0], name="decoder")
    logits = layers.Conv2D(channels, 1, name="logits", dtype="float32")(x)
    return keras.Model(inputs, logits)


def losses():
    """What is compiled for both tasks."""
    return {"parts": segmentation.loss(), "ink": "mse"}


def fit(model, x, y, loss, steps):
    """Trains for so many steps of 20 canvases."""
    compile_scenes(model, loss, steps)
    epochs = -(-steps // (len(x) // SCENES_BATCH))
    model.fit(x, y, batch_size=SCENES_BATCH, epochs=epochs, verbose=0)
    return model


@functools.cache
def teachers():
    """A network of each task, trained on 1,200 canvases."""
    images, masks = canvases(TEACHER_SCENES, split="train", seed=3)
    answers = {"parts": masks, "ink": ink(images)}
    found = {}
    for number, (name, channels) in enumerate(TASKS.items()):
        keras.utils.set_random_seed(1000 + number)
        model = network((24, 48), channels)
        found[name] = fit(model, images, answers[name], losses()[name], 900)
    return found


@task
def parts_and_ink(method, seed, arguments, split="test"):
    """400 canvases without labels; a teacher of parts, and one of ink.

    The control trains both tasks on 100 labelled canvases, for as many steps
    as all stages together. The score is the mean of mIoU and of the share of
    the ink's variance that is explained.
    """
    images, masks = canvases(SCENES, split="train", seed=10)
    keras.utils.set_random_seed(seed)
    student = named_heads.build(network((8, 16)), TASKS, layer="decoder")
    if method is None:
        random = np.random.default_rng(seed)
        shown = np.sort(random.permutation(SCENES)[:LABELLED])
        labels = {"parts": masks[shown], "ink": ink(images[shown])}
        fit(student, images[shown], labels, losses(), SCENES_STEPS)
    else:
        model = method.build(teacher=teachers(), student=student, **arguments)
        fit(model, images, None, None, SCENES_STEPS // STAGES)
    images, masks = scenes(canvases, split)
    found = student.predict(images, verbose=0)
    metric = segmentation.MeanIoU()
    metric.update_state(masks, found["parts"])
    truth = ink(images)
    left = np.mean((found["ink"] - truth) ** 2) / np.var(truth)
    return (float(metric.result()) + float(max(0.0, 1 - left))) / 2
