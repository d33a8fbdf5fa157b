"""Digits that lie elsewhere in another image: depth, flow, scene flow."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from learning_protocols.scenes import SCENES
from learning_protocols.scenes import SCENES_BATCH
from learning_protocols.scenes import SCENES_STEPS
from learning_protocols.scenes import compile_scenes
from learning_protocols.scenes import scenes
from learning_protocols.scenes import scenes_teacher
from tfkd.models import named_heads
from tfkd.tasks import displacement

LABELLED = 50
LARGE, SMALL = (12, 24, 48), (8, 16, 24)
HEADS = {"disparity": 1, "flow": 2, "next_disparity": 1}


def network(filters, channels, images=2, size=None):
    """A network of one or more images of any size."""
    return displacement.model(
        input_shape=(size, size, images), channels=channels, filters=filters
    )


stereo_data = functools.partial(displacement.data, stereo=True)


@functools.cache
def stereo_teacher():
    """A network of stereo pairs, trained on 1,200 with disparities."""
    keras.utils.set_random_seed(1000)
    model = network(LARGE, 1)
    return scenes_teacher(model, stereo_data, displacement.loss())


@functools.cache
def flow_teacher():
    """A network of flow, trained on 1,200 pairs with flows."""
    keras.utils.set_random_seed(1000)
    model = network(LARGE, 2)
    return scenes_teacher(model, displacement.data, displacement.loss())


def right(truth, found):
    """Share of pixels of what moves that are right to half a pixel."""
    gap = np.linalg.norm(truth - found, axis=-1)
    return float(np.mean(gap[np.any(truth != 0, axis=-1)] < 0.5))


def fit(model, x, y, loss):
    """Trains for 800 steps of 20, on however many scenes."""
    count = len(keras.tree.flatten(x)[0])
    epochs = -(-SCENES_STEPS // -(-count // SCENES_BATCH))
    compile_scenes(model, loss, SCENES_STEPS)
    model.fit(x, y, batch_size=SCENES_BATCH, epochs=epochs, verbose=0)


def labelled(count, seed):
    """Numbers of the scenes of which all is known."""
    shown = np.random.default_rng(seed).permutation(count)[:LABELLED]
    return np.sort(shown)


@task
def one_eye(method, seed, arguments, split="test"):
    """400 stereo pairs without disparities; the student sees left images.

    Near digits are large. The teacher, where there is one, saw 1,200 other
    pairs with disparities. The control trains on 50 left images with
    disparities for as many steps. The score is the share of digits' pixels
    that are right to half a pixel.
    """
    pairs, disparities = stereo_data(SCENES, split="train", seed=10)
    keras.utils.set_random_seed(seed)
    student = network(SMALL, 1, images=1, size=pairs.shape[1])
    if method is None:
        shown = labelled(SCENES, seed)
        x, y = pairs[shown][..., :1], disparities[shown]
        fit(student, x, y, displacement.loss())
    else:
        alone = method.card.get("teacher") == "none"
        model = method.build(
            teacher=None if alone else stereo_teacher(),
            student=student,
            **arguments,
        )
        fit(model, {"student": pairs[..., :1], "teacher": pairs}, None, None)
    pairs, disparities = scenes(stereo_data, split)
    return right(disparities, student.predict(pairs[..., :1], verbose=0))


@task
def scene_flow(method, seed, arguments, split="test"):
    """400 stereo videos without labels; a teacher of stereo, one of flow.

    Each teacher saw 1,200 other pairs with labels. The control trains on 50
    labelled videos for as many steps. The score is the mean over disparity,
    flow and later disparity of the share of digits' pixels that are right to
    half a pixel.
    """
    images, labels = displacement.video(SCENES, split="train", seed=10)
    keras.utils.set_random_seed(seed)
    student = named_heads.build(
        network(SMALL, 1, images=4, size=images.shape[1]),
        HEADS,
        layer="decoder",
    )
    if method is None:
        shown = labelled(SCENES, seed)
        y = {head: labels[head][shown] for head in HEADS}
        fit(student, images[shown], y, {head: "mae" for head in HEADS})
    else:
        teachers = {"stereo": stereo_teacher(), "flow": flow_teacher()}
        model = method.build(teacher=teachers, student=student, **arguments)
        fit(model, images, None, None)
    images, labels = scenes(displacement.video, split)
    found = student.predict(images, verbose=0)
    shares = [right(labels[head], found[head]) for head in HEADS]
    return float(np.mean(shares))
