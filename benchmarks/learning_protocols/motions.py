"""Digits that move: how far, and by which angle, between two images."""

import functools

import keras
import numpy as np

from learning_protocols.digits import task
from tfkd.tasks import motion

TRAIN = 1000
LABELLED = 200
BATCH = 20
STEPS = 1000


def cluttered(images):
    """Pairs under noise that is another in each image."""
    noise = np.random.default_rng(0).normal(0, 3.0, images.shape)
    return (images + noise).astype("float32")


def compiled(model, steps, loss):
    """Compiles with AdamW and a cosine decay."""
    rate = keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(
        keras.optimizers.AdamW(rate, weight_decay=1e-4), loss, jit_compile=False
    )
    return model


def fit(model, x, y, loss, steps=STEPS):
    """Trains for so many steps of 20 pairs."""
    epochs = -(-steps // -(-len(y) // BATCH))
    compiled(model, steps, loss).fit(
        x, y, epochs=epochs, batch_size=BATCH, verbose=0
    )
    return model


@functools.cache
def teacher():
    """A network of 1,000 pairs without noise."""
    keras.utils.set_random_seed(1000)
    model = motion.model(filters=(16, 32, 64), dense=(32,))
    return fit(model, *motion.data(TRAIN, seed=3), motion.loss())


def explained(model, view, split):
    """Share of the motions' variance that a model explains, at least 0."""
    if split == "test":
        images, truth = motion.data(500, split="test", seed=2)
    else:
        images, truth = motion.data(300, seed=1)
    found = model.predict(view(images), batch_size=500, verbose=0)
    left = np.mean((found - truth) ** 2) / np.mean(truth**2)
    return float(max(0.0, 1.0 - left))


def run(method, seed, arguments, split, view, loss):
    """Trains a student, or the control, on 200 pairs with their motions."""
    images, truth = motion.data(LABELLED, seed=10 + seed)
    keras.utils.set_random_seed(seed)
    student = motion.model(filters=(4, 8, 16), dense=(16,))
    if method is None:
        fit(student, view(images), truth, loss)
    else:
        model = method.build(teacher=teacher(), student=student, **arguments)
        x = {"student": view(images), "teacher": images}
        fit(model, x, truth, loss)
    return explained(student, view, split)


@task
def motions(method, seed, arguments, split="test"):
    """200 pairs of a digit before and after a motion, with the motion.

    The teacher saw 1,000 other pairs. The control trains on the same 200 for
    as many steps. The score is the share of variance that is explained.
    """
    return run(
        method, seed, arguments, split, lambda images: images, motion.loss()
    )


@task
def motions_in_clutter(method, seed, arguments, split="test"):
    """The same 200 pairs, of which the student sees a noisy copy. L1.

    The teacher sees, and saw, pairs without noise, as a segmentation would
    be. The score is the share of variance that is explained under noise.
    """
    return run(method, seed, arguments, split, cluttered, "mae")
