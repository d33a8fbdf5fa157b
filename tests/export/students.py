"""Small students of every kind, for the tests of the export."""

import keras
import numpy as np

from tfkd import models
from tfkd.tasks import detection
from tfkd.tasks import segmentation

SHAPE = (16, 16, 1)
_ZOO = {
    "mobilenet": {"filters": (8, 16, 24)},
    # Squeeze-and-excite and hard-swish.
    "mobilenet_v3": {
        "name": "mobilenet",
        "filters": (8, 16, 24),
        "activation": "hard_swish",
        "squeeze": 4,
    },
    "resnet": {"filters": (8, 16, 24)},
    "vit_tiny": {"width": 32, "depth": 1, "patch": 4},
}
TASKS = {"segmenter": "segmentation", "detector": "raw"}


def names():
    return (*_ZOO, "separable", *TASKS)


def task(name):
    return TASKS.get(name, "classification")


def build(name):
    """Returns an untrained student from raw pixels 0..16."""
    keras.utils.set_random_seed(3)
    if name == "segmenter":
        return segmentation.model(input_shape=SHAPE, filters=(4, 8, 8))
    if name == "detector":
        return detection.model(input_shape=SHAPE, filters=(4, 8, 8), neck=8)
    if name == "separable":
        return _separable()
    arguments = dict(_ZOO[name])
    return models.build(
        arguments.pop("name", name),
        input_shape=SHAPE,
        num_classes=10,
        scale=1 / 16,
        **arguments,
    )


def spread(model, images):
    """Makes an untrained student sure of itself: logits that differ by 1."""
    logits = np.asarray(model(images))
    layer = model.get_layer("logits")
    layer.kernel.assign(layer.kernel / (logits - logits.mean(0)).std())


def _separable():
    image = keras.Input(SHAPE)
    x = keras.layers.Rescaling(1 / 16)(image)
    for width in (8, 16):
        x = keras.layers.SeparableConv2D(width, 3, strides=2)(x)
        x = keras.layers.BatchNormalization()(x)
        x = keras.layers.ReLU()(x)
    x = keras.layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, keras.layers.Dense(10, name="logits")(x))
