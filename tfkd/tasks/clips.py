"""Clips of a digit that moves: which one, and where to?"""

import keras
import numpy as np
from keras import layers

from tfkd.errors import InputError
from tfkd.errors import unknown

LABELS = (
    "whole numbers (batch,): the direction or the digit of each clip; one "
    "for every frame (batch, frames), where a model answers at each; or the "
    "words of a caption (batch, 2)"
)
TAPS = {"features": "states", "embedding": "embedding", "logits": "logits"}
FRAMES = 6
SIZE = 16
# Columns and rows from one frame to the next.
DIRECTIONS = np.array(
    [(1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1), (0, -1), (1, -1)]
)
DIGITS = 10
# A caption names the digit, and then the direction.
CLASSES = {
    "direction": len(DIRECTIONS),
    "digit": DIGITS,
    "caption": DIGITS + len(DIRECTIONS),
}
CAPTION = 2
_EDGE = 8
_SPLITS = ("train", "test")


def loss():
    """Returns the mean cross-entropy of logits."""
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True)


def metrics():
    """Returns the share of right answers."""
    return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]


def model(
    *,
    frames=FRAMES,
    size=SIZE,
    num_classes=CLASSES["direction"],
    filters=(8, 16),
    units=32,
    both_ways=False,
    answers="clip",
    scale=1 / 16,
):
    """Builds a recurrent network of clips.

    Args:
        frames: Of a clip.
        size: Height and width, a multiple of 2^(stages).
        num_classes: Classes, or words of captions.
        filters: Channels of the stages, which see every frame alone.
        units: Of the recurrent layer, in each direction.
        both_ways: Whether it reads every clip backwards, too.
        answers: `"clip"`, one answer a clip; `"frame"`, one after every
            frame; `"caption"`, a word at each of two places.
        scale: Factor of raw pixels.

    Returns:
        A functional `keras.Model` from clips `(batch, frames, size, size,
        1)` to logits, with taps `stage1`, ..., `states` (batch, frames,
        features), `embedding` (their mean, unless every frame is answered),
        and `logits`.

    Raises:
        InputError: If `answers` is unknown.
    """
    if answers not in ("clip", "frame", "caption"):
        raise unknown("kind of answers", answers, ["clip", "frame", "caption"])
    inputs = keras.Input((frames, size, size, 1), name="clip")
    x = layers.Rescaling(scale, name="rescaling")(inputs)
    for number, width in enumerate(filters, start=1):
        name = f"stage{number}"
        x = layers.Conv3D(
            width, (1, 3, 3), (1, 2, 2), "same", name=f"{name}_conv"
        )(x)
        x = layers.ReLU(name=name)(x)
    x = layers.Reshape((frames, -1), name="flat")(x)
    x = layers.Dense(units, activation="relu", name="frame")(x)
    recurrent = layers.GRU(
        units,
        return_sequences=True,
        name="gru" if both_ways else "states",
    )
    if both_ways:
        recurrent = layers.Bidirectional(recurrent, name="states")
    x = recurrent(x)
    if answers != "frame":
        x = layers.GlobalAveragePooling1D(name="embedding")(x)
    if answers == "caption":
        logits = layers.EinsumDense(
            "bf,fwc->bwc",
            (CAPTION, num_classes),
            bias_axes="wc",
            name="logits",
            dtype="float32",
        )(x)
    else:
        logits = layers.Dense(num_classes, name="logits", dtype="float32")(x)
    return keras.Model(inputs, logits, name="clip_model")


def data(
    count,
    *,
    frames=FRAMES,
    label="direction",
    every_frame=False,
    noise=4.0,
    split="train",
    seed=0,
):
    """Moves digits of scikit-learn over rough grounds, a pixel a frame.

    A digit rests for up to a third of the clip before it moves, so that the
    first frames do not tell where to. Digits of the split `"test"` occur in
    no clip of `"train"`.

    Args:
        count: Number of clips.
        frames: Of a clip, 3 to 9.
        label: `"direction"`, `"digit"` or `"caption"`.
        every_frame: Whether the label of a clip is repeated at each frame.
        noise: Largest brightness of the ground, which is another in every
            frame; clips of one seed differ in nothing else.
        split: `"train"` or `"test"`.
        seed: The same seed makes the same clips.

    Returns:
        Clips `(count, frames, 16, 16, 1)`, 0 to 16, and labels.

    Raises:
        InputError: If an argument is out of range.
    """
    if label not in CLASSES:
        raise unknown("label of clips", label, sorted(CLASSES))
    if not 3 <= frames <= SIZE - _EDGE + 1 or not 0 <= noise <= 16:
        raise InputError(
            f"Clips need 3 to {SIZE - _EDGE + 1} frames and a noise in [0, "
            f"16], received frames={frames!r}, noise={noise!r}."
        )
    images, digits = _digits(split)
    random = np.random.default_rng([seed, split == "test"])
    rough = np.random.default_rng([seed, split == "test", 1])
    chosen = random.integers(len(digits), size=count)
    directions = random.integers(len(DIRECTIONS), size=count)
    shape = (count, frames, SIZE, SIZE)
    clips = rough.uniform(0, noise, shape).astype("float32")
    for clip, row, direction in zip(clips, chosen, directions):
        _move(clip, images[row], DIRECTIONS[direction], random)
    words = np.stack([digits[chosen], DIGITS + directions], axis=1)
    found = {
        "direction": directions,
        "digit": digits[chosen],
        "caption": words,
    }[label].astype("int32")
    if every_frame:
        found = np.repeat(found[:, None], frames, axis=1)
    return clips[..., None], found


def _digits(split):
    if split not in _SPLITS:
        raise unknown("split of the digits", split, _SPLITS)
    from sklearn import datasets

    images, digits = datasets.load_digits(return_X_y=True)
    rows = (np.arange(len(digits)) % 4 == 0) == (split == "test")
    return images[rows].reshape(-1, _EDGE, _EDGE), digits[rows]


def _move(clip, image, step, random):
    """Draws a digit into each frame of a clip, where it is bright."""
    frames = len(clip)
    rest = int(random.integers(frames // 3 + 1))
    way = frames - 1 - rest
    room = SIZE - _EDGE
    # The whole way is on the canvas.
    low, high = np.maximum(0, -step * way), room - np.maximum(0, step * way)
    column, row = random.integers(low, high + 1)
    for number, frame in enumerate(clip):
        moved = max(0, number - rest)
        left, top = column + moved * step[0], row + moved * step[1]
        part = frame[top : top + _EDGE, left : left + _EDGE]
        np.maximum(part, image, out=part)
