"""Digits that move: how far, and by which angle, between two images."""

import functools

import keras
import numpy as np
from scipy import ndimage

from learning_protocols.digits import task
from tfkd import models

SIZE = 12
TRAIN = 1000
LABELLED = 200
BATCH = 20
STEPS = 1000
# Pixels down and right, and radians.
LARGEST = np.array([1.5, 1.5, 0.6])


def moved(image, motion):
    """The image after a turn around its middle, and a shift."""
    down, right, angle = motion
    cosine, sine = np.cos(angle), np.sin(angle)
    turn = np.array([[cosine, -sine], [sine, cosine]])
    middle = (np.array(image.shape) - 1) / 2
    offset = middle - turn @ (middle + np.array([down, right]))
    return ndimage.affine_transform(image, turn, offset, order=1)


def pairs(split, count, seed):
    """Pairs of images as channels, and three numbers in [-1, 1] each.

    Digits to test are in no pair of another split.
    """
    from sklearn import datasets

    digits = datasets.load_digits().images
    tested = np.arange(len(digits)) % 4 == 0
    rows = np.flatnonzero(tested if split == "test" else ~tested)
    random = np.random.default_rng([seed, split == "test"])
    motions = random.uniform(-1, 1, (count, 3))
    images = np.zeros((count, SIZE, SIZE, 2), "float32")
    edge = (SIZE - 8) // 2
    for number, row in enumerate(random.choice(rows, count)):
        image = np.pad(digits[row], edge)
        images[number, ..., 0] = image
        images[number, ..., 1] = moved(image, LARGEST * motions[number])
    return images, motions.astype("float32")


def cluttered(images):
    """Pairs under noise that is another in each image."""
    noise = np.random.default_rng(0).normal(0, 3.0, images.shape)
    return (images + noise).astype("float32")


def network(filters, dense):
    """A network of a pair of images, to three numbers."""
    return models.build(
        "cnn",
        input_shape=(SIZE, SIZE, 2),
        num_classes=3,
        scale=1 / 16,
        filters=filters,
        dense=dense,
    )


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
    return fit(network((16, 32, 64), (32,)), *pairs("train", TRAIN, 3), "mse")


def explained(model, view, split):
    """Share of the motions' variance that a model explains, at least 0."""
    if split == "test":
        images, truth = pairs("test", 500, 2)
    else:
        images, truth = pairs("train", 300, 1)
    found = model.predict(view(images), batch_size=500, verbose=0)
    left = np.mean((found - truth) ** 2) / np.mean(truth**2)
    return float(max(0.0, 1.0 - left))


def run(method, seed, arguments, split, view, loss):
    """Trains a student, or the control, on 200 pairs with their motions."""
    images, truth = pairs("train", LABELLED, 10 + seed)
    keras.utils.set_random_seed(seed)
    student = network((4, 8, 16), (16,))
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
    return run(method, seed, arguments, split, lambda images: images, "mse")


@task
def motions_in_clutter(method, seed, arguments, split="test"):
    """The same 200 pairs, of which the student sees a noisy copy. L1.

    The teacher sees, and saw, pairs without noise, as a segmentation would
    be. The score is the share of variance that is explained under noise.
    """
    return run(method, seed, arguments, split, cluttered, "mae")
