"""Measurements that were never taken, and small models, for the tests."""

import dataclasses

import numpy as np

from tfkd.report.diagnosis.gradients import Gradients
from tfkd.report.diagnosis.measurements import Conflict
from tfkd.report.diagnosis.measurements import Difference
from tfkd.report.diagnosis.measurements import Measurements
from tfkd.report.diagnosis.measurements import ModelFacts
from tfkd.report.diagnosis.measurements import Softening
from tfkd.report.diagnosis.similarity import Similarity


def facts(**changed):
    """A good model's facts."""
    return ModelFacts(
        **{
            "parameters": 1000,
            "not_finite": 0,
            "accuracy": 0.9,
            "interval": (0.88, 0.92),
            "train_accuracy": 0.93,
            "confidence": 0.91,
            "ece": 0.02,
            "nll": 0.3,
            "reliability": {
                "confidence": [0.5, 0.95],
                "accuracy": [0.55, 0.93],
                "count": [20, 180],
            },
            "agreement": 0.93,
            "train_agreement": 0.95,
            **changed,
        }
    )


def models(**changed):
    """Facts by role: a teacher of 96 %, a control of 85 %, a student of 90 %.

    Args:
        **changed: Role to the fields that differ.
    """
    own = {
        "teacher": {
            "parameters": 20_000,
            "accuracy": 0.96,
            "train_accuracy": 0.97,
            "confidence": 0.97,
            "agreement": None,
            "train_agreement": None,
        },
        "control": {"accuracy": 0.85, "train_accuracy": 0.9},
        "student": {},
    }
    return {
        role: facts(**{**fields, **changed.get(role, {})})
        for role, fields in own.items()
    }


def similarity(value=0.8):
    """Two layers each, of which the first two are alike by `value`."""
    return Similarity(
        ("stage1", "logits"),
        ("block", "logits"),
        np.array([[value, 0.1], [np.nan, 0.9]]),
        (("stage1", "block"),),
        100,
    )


def softening(**changed):
    """Of a teacher whose targets have half of the entropy at T = 4."""
    fields = {
        "where": "training examples",
        "entropies": {1: 0.1, 4: 0.55, 20: 1.0},
        "share": 0.5,
        "suggested": 4.0,
        "calibrating": 1.2,
    }
    return Softening(**{**fields, **changed})


def conflicts():
    """One disagreement, on an image of 4x4 pixels."""
    image = np.arange(16, dtype=np.float32).reshape(4, 4, 1)
    return (Conflict(7, 1, 2, 0.99999, image),)


def measured(**changed):
    """Measurements to which no rule that names a problem applies."""
    fields = {
        "examples": 210,
        "labelled": 200,
        "train_labelled": 600,
        "train_unlabelled": 0,
        "train_examples": 600,
        "class_names": ("cat", "<dog>", "owl"),
        "chance": 0.4,
        "temperature": 4.0,
        "models": models(),
        "lead": Difference("control", 0.11, 0.06, 0.16, 30),
        "gain": Difference("control", 0.05, 0.01, 0.09, 30),
        "classes": ((0, 70, 0.1), (1, 70, -0.05), (2, 60, 0.0)),
        "softening": softening(),
        "similarity": similarity(),
        "gradients": Gradients((0.8, 0.6), (0.1, -0.2), 2.0),
        "conflicts": conflicts(),
        "conflict_share": 0.01,
    }
    return Measurements(**{**fields, **changed})


def without(found, *roles):
    """Measurements without some models."""
    kept = {k: v for k, v in found.models.items() if k not in roles}
    return dataclasses.replace(found, models=kept)


def classifier(seed, *, width=8, classes=3, shape=(4, 4, 1), softmax=False):
    """A small convolutional classifier of raw pixels."""
    import keras

    initial = keras.initializers.GlorotUniform(seed=seed)
    inputs = keras.Input(shape)
    x = keras.layers.Conv2D(
        width, 3, padding="same", kernel_initializer=initial, name="conv"
    )(inputs)
    x = keras.layers.BatchNormalization(name="norm")(x)
    x = keras.layers.ReLU(name="stage1")(x)
    x = keras.layers.Flatten()(x)
    outputs = keras.layers.Dense(
        classes,
        activation="softmax" if softmax else None,
        kernel_initializer=initial,
        name="head",
    )(x)
    return keras.Model(inputs, outputs, name=f"classifier{seed}")


def rows(count=120, seed=0):
    """Images of 4x4 whose bright row is their class, and the classes."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % 3
    images = generator.normal(size=(count, 4, 4, 1)).astype(np.float32)
    images[np.arange(count), labels] += 1.5
    return images, labels


def reader(seed, *, width=8, shift=0, noise=0.0):
    """A classifier that reads the bright row, without any training.

    Args:
        seed: Of its other weights, and of the noise.
        width: Channels of the convolution.
        shift: Added to the class that it answers.
        noise: Standard deviation of what is added to its last kernel.
    """
    model = classifier(seed, width=width)
    generator = np.random.default_rng(seed)
    conv, head = model.get_layer("conv"), model.get_layer("head")
    kernel = np.asarray(conv.kernel).copy()
    kernel[..., 0] = 0.0
    kernel[1, 1, 0, 0] = 1.0
    conv.kernel.assign(kernel)
    last = noise * generator.normal(size=(4, 4, width, 3))
    for row in range(3):
        last[row, :, 0, (row + shift) % 3] += 1.0
    head.kernel.assign(last.reshape(-1, 3))
    return model
