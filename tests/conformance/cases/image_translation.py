"""Conformance cases of networks that make images."""

import keras
import numpy as np

from tests.conformance.cases import base
from tests.conformance.cases.base import Case
from tfkd.models import critics
from tfkd.models import generator
from tfkd.models import translator

NOISE = 5


def images_to_images(*filters):
    return translator.build(base.SHAPE, filters=filters, value_range=(0.0, 16))


def critic():
    return critics.maps((None, *base.SHAPE), filters=(4,), name="judge")


def noise_to_images(filters):
    return generator.build(
        base.SHAPE, noise_size=NOISE, value_range=(0.0, 16), filters=filters
    )


def small_generator():
    """Without normalization, in front of which a bias moves by rounding."""
    noise = keras.Input((NOISE,))
    x = keras.layers.Dense(64, activation="relu")(noise)
    x = keras.layers.Reshape((8, 8, 1))(x)
    return keras.Model(noise, keras.layers.Conv2D(1, 3, padding="same")(x))


def miner():
    noise = keras.Input((NOISE,))
    hidden = keras.layers.Dense(6, activation="tanh")(noise)
    return keras.Model(noise, keras.layers.Dense(NOISE)(hidden))


def negatives(needs, count):
    """Images, and what a translator should make of them."""
    x, _ = base.images(count)
    return x, 16 - x


def noise(needs, count):
    """Noise, and images that a critic takes for real."""
    random = np.random.default_rng(0)
    z = random.normal(size=(count, NOISE)).astype("float32")
    return z, base.images(count)[0]


MIXES = {
    "permuting_the_batch_permutes_values": (
        "the gradient penalty draws one random mix for each row"
    )
}
# In the Wasserstein game a constant that is added to all scores cancels.
CANCELS = ("score/bias",)

CASES = {
    "gan_compression": Case(
        teacher=lambda: images_to_images(6, 6),
        student=lambda: images_to_images(4, 4),
        data=negatives,
        loss="mae",
    ),
    "gan_compress_aguinaldo": Case(
        teacher=lambda: noise_to_images((6, 6)),
        student=small_generator,
        data=noise,
        loss="mse",
        untrained=CANCELS,
        exempt=MIXES,
    ),
    "portable_gan": Case(
        teacher=lambda: [images_to_images(6, 6), critic()],
        student=lambda: images_to_images(4, 4),
        data=negatives,
        loss="mae",
    ),
    "minegan": Case(
        teacher=lambda: [noise_to_images((6, 6)), critic()],
        student=miner,
        data=noise,
        loss=None,
        untrained=CANCELS,
        exempt={
            **MIXES,
            "evaluation_changes_no_state": (
                "labels are images, and the miner makes noise: nothing can be "
                "evaluated"
            ),
        },
    ),
    "collab_style": Case(
        teacher=lambda: images_to_images(6, 6, 6),
        student=lambda: images_to_images(4, 4, 4),
        data=negatives,
        loss="mse",
    ),
}
