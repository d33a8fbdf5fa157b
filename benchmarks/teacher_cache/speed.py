"""Teachers that run, to compare stored answers with."""

import os
import statistics
import time

import keras
import numpy as np

from tfkd import models
from tfkd.training.predictor import Predictor


def measured(work, done):
    """Yields what is not done: a name, and a dict for JSON.

    Args:
        work: Not used.
        done: Names that are skipped.
    """
    del work
    applications = keras.applications
    teachers = {
        "the quickstart's teacher, 8x8": (
            models.build(
                "cnn",
                input_shape=(8, 8, 1),
                num_classes=10,
                filters=(32, 32, 64),
                strides=(1, 2, 1),
                dense=(64,),
            ),
            8,
        ),
        "MobileNetV2, 96x96": (
            applications.MobileNetV2(
                (96, 96, 3), weights=None, classifier_activation=None
            ),
            4,
        ),
        "ResNet50, 224x224": (
            applications.ResNet50(weights=None, classifier_activation=None),
            1,
        ),
    }
    for name, (model, batches) in teachers.items():
        key = f"speed/{name}"
        if key not in done:
            yield key, _live(model, batches)


def _live(model, batches, size=64):

    shape = model.input_shape[1:]
    predict = Predictor(model, shape)
    images = np.zeros((size, *shape), "float32")
    predict(images, size)
    times = []
    for _ in range(5):
        started = time.monotonic()
        for _ in range(batches):
            predict(images, size)
        times.append((time.monotonic() - started) / (size * batches))
    return {
        "examples_per_second": 1 / statistics.median(times),
        "load": os.getloadavg()[0],
    }
