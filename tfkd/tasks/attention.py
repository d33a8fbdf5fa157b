"""Attention in videos: of two digits, where is the one that moves?"""

import keras
import numpy as np
from keras import layers

from tfkd.models import blocks
from tfkd.tasks import clips

LABELS = (
    "numbers (batch, height, width, 1) in [0, 1]: how much each pixel of the "
    "last image is looked at"
)
TAPS = {"features": "stage2", "decoder": "decoder", "outputs": "attention"}
_FRAMES = 4


def loss():
    """Returns the mean squared error."""
    return keras.losses.MeanSquaredError()


def metrics():
    """Returns the mean absolute error."""
    return [keras.metrics.MeanAbsoluteError(name="error")]


def correlation(truth, found):
    """Returns the mean linear correlation of maps, in [-1, 1].

    Args:
        truth: Maps `(batch, ...)`.
        found: Maps of the same shape.
    """
    rows = [
        x - x.mean(axis=1, keepdims=True)
        for x in (np.reshape(m, (len(m), -1)) for m in (truth, found))
    ]
    lengths = [np.linalg.norm(x, axis=1) for x in rows]
    cosine = np.sum(rows[0] * rows[1], axis=1) / np.maximum(
        lengths[0] * lengths[1], 1e-12
    )
    return float(np.mean(cosine))


def model(
    *,
    size=clips.SIZE,
    images=2,
    filters=(8, 16),
    scale=1 / 16,
):
    """Builds a tiny network of attention.

    Args:
        size: Height and width, even.
        images: In the channels: 1, or 2 that follow each other.
        filters: Channels of two stages of stride 1 and 2.
        scale: Factor of raw pixels.

    Returns:
        A functional `keras.Model` from images `(batch, size, size, images)`
        to maps `(batch, size, size, 1)`, with taps `stage1`, `stage2`,
        `decoder` and `attention`.
    """
    inputs = keras.Input((size, size, images), name="images")
    x = blocks.pixels(inputs, scale, 0.0)
    outputs, _ = _branch(x, filters, "", "attention")
    return keras.Model(inputs, outputs, name="attention_model")


def two_branches(*, size=clips.SIZE // 2, filters=(4, 8), scale=1 / 16):
    """Builds a tiny network of a spatial and a temporal branch, and of both.

    Args:
        size: Height and width, even.
        filters: Channels of two stages of each branch.
        scale: Factor of raw pixels.

    Returns:
        A functional `keras.Model` from pairs `(batch, size, size, 2)` to maps
        `(batch, size, size, 1)`, with the taps `spatial`, a map of the last
        image alone, `temporal`, a map of both, and `attention`, of the
        features and maps of both branches.
    """
    inputs = keras.Input((size, size, 2), name="images")
    pair = blocks.pixels(inputs, scale, 0.0)
    parts = []
    for name, x in (("spatial", pair[..., 1:]), ("temporal", pair)):
        parts += _branch(x, filters, f"{name}_", name)
    x = layers.Concatenate(name="both")(parts)
    x = blocks.conv(x, filters[0], name="fused")
    return keras.Model(inputs, _map(x, "attention"), name="two_branches")


def _branch(x, filters, prefix, name):
    """Returns the map of two stages, and the features that it is read from."""
    x = blocks.conv(x, filters[0], name=f"{prefix}stage1")
    x = blocks.conv(x, filters[1], stride=2, name=f"{prefix}stage2")
    x = layers.UpSampling2D(2, name=f"{prefix}up")(x)
    x = blocks.conv(x, filters[0], name=f"{prefix}decoder")
    return _map(x, name), x


def _map(x, name):
    return layers.Conv2D(
        1, 3, padding="same", activation="sigmoid", name=name, dtype="float32"
    )(x)


def smaller(maps):
    """Returns means of 2x2 pixels, `(batch, height / 2, width / 2, ...)`."""
    count, height, width, channels = maps.shape
    parts = maps.reshape(count, height // 2, 2, width // 2, 2, channels)
    return parts.mean(axis=(2, 4))


def data(count, *, noise=4.0, split="train", seed=0):
    """Places a digit that moves and one that rests on rough grounds.

    Args:
        count: Number of pairs.
        noise: Largest brightness of the ground, another in both images.
        split: `"train"` or `"test"`, of other digits.
        seed: The same seed makes the same pairs.

    Returns:
        Pairs of images `(count, 16, 16, 2)`, 0 to 16, and maps `(count, 16,
        16, 1)`: the ink of the moving digit, means of 3x3 pixels of at most
        1.

    Raises:
        InputError: If an argument is out of range.
    """
    view = {"frames": _FRAMES, "split": split}
    rough, _ = clips.data(count, noise=noise, seed=2 * seed, **view)
    clean, _ = clips.data(count, noise=0.0, seed=2 * seed, **view)
    still, _ = clips.data(count, noise=0.0, seed=2 * seed + 1, **view)
    pairs = np.concatenate([rough[:, -2], rough[:, -1]], axis=-1)
    maps = np.pad(clean[:, -1] / 16, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(maps, (3, 3), (1, 2))
    return (
        np.maximum(pairs, still[:, -1]),
        windows.mean(axis=(-2, -1), dtype="float32"),
    )
