"""Digits that move before one eye: classes, disparity and flow at once."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.displacements import LARGE
from learning_protocols.displacements import SMALL
from learning_protocols.displacements import fit
from learning_protocols.displacements import flow_teacher
from learning_protocols.displacements import labelled
from learning_protocols.displacements import network
from learning_protocols.displacements import right
from learning_protocols.scenes import SCENES
from learning_protocols.scenes import scenes
from learning_protocols.scenes import scenes_teacher
from tfkd.models import named_heads
from tfkd.tasks import displacement
from tfkd.tasks import segmentation

SIZE = 24
HEADS = {"semantics": 2, "disparity": 1, "flow": 2}
LOSS = {"semantics": segmentation.loss(), "disparity": "mae", "flow": "mae"}


def video(count, **arguments):
    """Left images and those a moment later, and what is known of them."""
    images, labels = displacement.video(count, size=SIZE, **arguments)
    ink = labels["disparity"][..., 0] > 0
    return images[..., ::2], {
        "semantics": ink.astype("int32"),
        "disparity": labels["disparity"],
        "flow": labels["flow"],
    }


def first(head, count, **arguments):
    """First images alone, and labels of one head."""
    images, labels = video(count, **arguments)
    return images[..., :1], labels[head]


@functools.cache
def segmenter():
    """What is a digit, trained on 1,200 images with labels."""
    keras.utils.set_random_seed(1000)
    model = segmentation.model(
        input_shape=(SIZE, SIZE, 1), num_classes=2, filters=LARGE
    )
    data = functools.partial(first, "semantics")
    return scenes_teacher(model, data, segmentation.loss())


@functools.cache
def depth_teacher():
    """Disparity of one image, trained on 1,200 with labels."""
    keras.utils.set_random_seed(1000)
    model = network(LARGE, 1, images=1, size=SIZE)
    data = functools.partial(first, "disparity")
    return scenes_teacher(model, data, displacement.loss())


def still_camera():
    """The flow of a camera that does not move: 0."""
    inputs = keras.Input((SIZE, SIZE, 2))
    still = keras.layers.Conv2D(2, 1, kernel_initializer="zeros")(inputs)
    return keras.Model(inputs, still)


@task
def moving_scene(method, seed, arguments, split="test"):
    """400 pairs of a video without labels; a teacher of each head.

    The camera is known to stand still. Each teacher saw 1,200 other scenes
    with labels. The control trains on 50 labelled pairs for as many steps.
    The score is the mean of mIoU, and of the shares of digits' pixels whose
    disparity and flow are right to half a pixel.
    """
    pairs, labels = video(SCENES, split="train", seed=10)
    keras.utils.set_random_seed(seed)
    student = named_heads.build(
        network(SMALL, 1, size=SIZE), HEADS, layer="decoder"
    )
    if method is None:
        shown = labelled(SCENES, seed)
        y = {head: labels[head][shown] for head in HEADS}
        fit(student, pairs[shown], y, LOSS)
    else:
        teachers = {
            "semantics": segmenter(),
            "disparity": depth_teacher(),
            "flow": flow_teacher(),
            "rigid": still_camera(),
        }
        model = method.build(teacher=teachers, student=student, **arguments)
        fit(model, pairs, None, None)
    pairs, labels = scenes(video, split)
    found = student.predict(pairs, verbose=0)
    metric = segmentation.MeanIoU(2)
    metric.update_state(labels["semantics"], found["semantics"])
    shares = [right(labels[h], found[h]) for h in ("disparity", "flow")]
    return float(np.mean([float(metric.result()), *shares]))
