"""Conformance cases of detection."""

import numpy as np

from tests.conformance.cases import base
from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tfkd import tasks
from tfkd.models.quantized import quantized


def detector(filters, neck, **arguments):
    """A tiny detector of the scenes' digits."""
    model = tasks.get("detection").model
    return model(filters=filters, neck=neck, **arguments)


def boxes(needs=(), count=EXAMPLES):
    """Scenes of digits, with their boxes."""
    return tasks.get("detection").data(count)


def some_boxes(needs=(), count=EXAMPLES):
    """The same, and nothing of every third scene."""
    images, found = boxes(needs, count)
    found[::3] = tasks.get("detection").unlabelled(len(found[::3]))
    return images, found


def two_sensors(needs=(), count=EXAMPLES):
    """Dark scenes for the student; for the teacher a second channel."""
    images, found = boxes(needs, count)
    pair = np.concatenate([images / 8, images], axis=-1)
    return {"student": images / 8, "teacher": pair}, found


def binary_detector():
    """Rounds inner layers to two values a filter."""
    plain = detector((4, 4, 6), 6)
    return quantized(plain, weights="binary", activations=None)


def controls(needs=(), count=EXAMPLES):
    """Images, what is bright in them, and two numbers to imitate."""
    images, _ = base.images(count)
    bright = (images > 8).astype("float32")
    means = images.mean(axis=(2, 3)) / 16
    return {"student": images, "teacher": bright}, means[:, [0, -1]]


def odometer(filters, dense):
    """A tiny network of motions."""
    return tasks.get("motion").model(filters=filters, dense=dense)


def motions(needs=(), count=EXAMPLES):
    """Pairs of images, and motions of which some are near zero.

    So the untrained teacher, which says about zero, is right of some.
    """
    images, _ = tasks.get("motion").data(count)
    numbers = np.linspace(-4, 4, count, dtype="float32")
    return images, np.stack([numbers, -numbers, numbers], axis=-1)


def tracker(filters):
    """A tiny Siamese tracker of the scenes' digits."""
    return tasks.get("tracking").model(filters=filters)


def targets_and_scenes(needs=(), count=EXAMPLES):
    """What to look for, where, and where it is."""
    return tasks.get("tracking").data(count)


def corners(filters, neck):
    """A tiny detector of the corners of turned digits."""
    return tasks.get("corners").model(filters=filters, neck=neck)


def turned(needs=(), count=EXAMPLES):
    """Turned digits, their corners and classes."""
    return tasks.get("corners").data(count)


def detectors(**arguments):
    """A case of two detectors of the same regions."""
    return Case(
        **{
            "teacher": lambda: detector((4, 6, 8), 8),
            "student": lambda: detector((4, 4, 6), 6),
            "data": boxes,
            "loss": tasks.get("detection").loss(),
            **arguments,
        }
    )


CASES = {
    "binary_weight_det": detectors(
        student=binary_detector,
        # The last of four maps counts from the fourth step on.
        epochs=2,
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "only the student has binary weights"
            ),
        },
    ),
    "det_kd": detectors(),
    "fgfi": detectors(),
    "gan_kd_detection": detectors(),
    "lates": Case(
        teacher=lambda: base.cnn((6, 8, 12), classes=2),
        student=lambda: base.cnn((4, 6, 8), classes=2),
        data=controls,
        loss="mae",
    ),
    "lowlight_pedestrian": detectors(
        teacher=lambda: detector((4, 6, 8), 8, input_shape=(32, 32, 2)),
        data=two_sensors,
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "the teacher sees two channels"
            ),
        },
    ),
    "pedestrian_hkd": detectors(),
    "pose_regressor_vo": Case(
        teacher=lambda: odometer((4, 6, 8), (7,)),
        student=lambda: odometer((4, 4, 6), (5,)),
        data=motions,
        loss=tasks.get("motion").loss(),
        epochs=2,
    ),
    "siamese_tracker": Case(
        teacher=lambda: tracker((4, 6, 8)),
        student=lambda: tracker((4, 4, 6)),
        data=targets_and_scenes,
        # Target and scene pass the same layers.
        student_passes=2,
        options={"peer_loss": tasks.get("tracking").loss()},
        loss=tasks.get("tracking").loss(),
    ),
    "squeezed_6dof": Case(
        teacher=lambda: corners((4, 6, 8), 8),
        student=lambda: corners((4, 4, 6), 6),
        data=turned,
        loss=tasks.get("corners").loss(),
    ),
    "ssad": detectors(data=some_boxes),
}
