"""Conformance cases of face recognition."""

import keras
import numpy as np

from tests.conformance.cases import base
from tests.conformance.cases import detection
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tfkd.losses import KnownMaps


def landmark_detector(filters=4):
    """A tiny network to maps of two landmarks."""
    inputs = keras.Input(base.SHAPE)
    x = keras.layers.Rescaling(1 / 16, name="rescaled")(inputs)
    x = keras.layers.Conv2D(
        filters, 3, padding="same", activation="relu", name="stage1"
    )(x)
    maps = keras.layers.Conv2D(2, 1, dtype="float32", name="logits")(x)
    return keras.Model(inputs, maps, name="landmarks")


def landmarks(needs=(), count=base.EXAMPLES):
    """Images and maps, of every third image unknown.

    One landmark is where the image is brightest, the other is opposite.
    """
    x, y = base.images(count)
    bright = np.float32(x > 10)
    maps = np.concatenate([bright, bright[:, ::-1, ::-1]], axis=-1)
    maps[::3] = -1
    return x, maps


CASES = {
    "face_detector_kd": Case(
        teacher=lambda: detection.detector((4, 6, 8), 8),
        student=lambda: detection.detector((4, 4, 6), 6),
        data=detection.boxes,
        loss=detection.CASES["fgfi"].loss,
    ),
    "mobileid": Case(untrained=("logits",)),
    "ts3_landmark": Case(
        teacher=no_teacher,
        student=landmark_detector,
        data=landmarks,
        loss=KnownMaps(),
    ),
    # They embed: nothing trains the head.
    "triplet_distillation": Case(untrained=("logits",)),
}
