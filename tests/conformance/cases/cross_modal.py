"""Conformance cases of cross-modal distillation."""

import keras
import numpy as np

from tests.conformance.cases import base
from tests.conformance.cases import detection
from tests.conformance.cases import segmentation
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import cnn
from tests.conformance.cases.base import no_teacher
from tfkd.models import named_heads


def clips(needs, count):
    """Pairs of an image and three frames of it, each with noise."""
    x, y = base.data(needs, count)
    noise = np.random.default_rng(2).normal(0, 0.5, (count, 3, *base.SHAPE))
    frames = x["teacher"][:, None] + noise.astype("float32")
    return {**x, "teacher": frames}, y


def by_head(**classes):
    """A case of a teacher for each head of the student."""

    def data(needs, count):
        x, y = base.data(needs, count)
        return x, {name: y % number for name, number in classes.items()}

    return Case(
        teacher=lambda: {
            name: cnn((6, 8, 12), classes=number)
            for name, number in classes.items()
        },
        student=lambda: named_heads.build(base.student(), classes),
        data=data,
        loss={
            name: keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            for name in classes
        },
    )


def reader(units):
    """A network that answers for every row of an image."""
    inputs = keras.Input(base.SHAPE)
    x = keras.layers.Reshape(base.SHAPE[:2])(inputs)
    x = keras.layers.Rescaling(1 / 16)(x)
    x = keras.layers.Dense(units, activation="relu", name="stage1")(x)
    logits = keras.layers.Dense(base.CLASSES + 1, name="logits")(x)
    return keras.Model(inputs, logits)


def transcripts(needs, count):
    """Pairs, and a transcript of one token; 0 is the blank."""
    x, y = base.data(needs, count)
    return x, y[:, None] + 1


def two_pictures(data):
    """Scenes of a task, of which the student sees a faint copy."""

    def pairs(needs, count):
        x, y = data(needs, count)
        return {"student": x / 2, "teacher": x}, y

    return pairs


# The student's and its partner's embeddings are of one width, and no label
# trains the student's head.
PARTNERS = Case(
    teacher=no_teacher,
    options={"partner": {"name": "cnn", "filters": (4, 6, 8)}},
    untrained=("logits",),
)

CASES = {
    "cmkg": Case(student_passes=3),
    "soundnet": by_head(objects=4, scenes=3),
    "map_anything": by_head(classes=4, scenes=3, objects=2),
    "emotion_speech": Case(data=clips),
    "ambient_sound": Case(untrained=("logits",)),
    "asr_lipreading": Case(
        teacher=lambda: reader(6),
        student=lambda: reader(4),
        data=transcripts,
        loss=keras.losses.CTC(),
    ),
    "hoffman_rgbd": Case(teacher=base.student),
    "rf_pose": Case(
        teacher=lambda: segmentation.segmenter((4, 6, 8)),
        student=lambda: segmentation.segmenter((4, 4, 6)),
        data=two_pictures(segmentation.masks),
        loss=segmentation.CASES["skd_seg"].loss,
    ),
    "stereo_sound_vehicle": Case(
        # Their maps have as many numbers.
        teacher=lambda: detection.detector((4, 6, 8), 8),
        student=lambda: detection.detector((4, 4, 8), 6),
        data=two_pictures(detection.boxes),
        # An untrained teacher is sure of nothing.
        options={"threshold": 0.01},
        loss=detection.CASES["fgfi"].loss,
    ),
    "l3net": PARTNERS,
    "see_hear_read": Case(
        teacher=lambda: cnn((6, 8, 12), dense=(16,)),
        student=lambda: cnn((4, 6, 8), dense=(16,)),
        options={
            "partner": {"name": "cnn", "filters": (4, 6, 8), "dense": (16,)}
        },
    ),
    "svhf": PARTNERS,
    "cmd_cgan": Case(
        teacher=lambda: cnn((6, 8, 12), dense=(8,)),
        student=lambda: cnn((4, 6, 8), dense=(8,)),
    ),
    "faces_voices": PARTNERS,
    "pins": PARTNERS,
    "hafner_reid": Case(
        teacher=lambda: cnn((6, 8, 12), dense=(8,)),
        student=lambda: cnn((4, 6, 8), dense=(8,)),
        exempt={
            "saves_loads_and_trains_on": (
                "the shared head is the teacher's and the student's own: its "
                "file holds it (the method's test saves and loads)"
            )
        },
    ),
    # It matches features without labels: nothing trains the head.
    "supervision_transfer": Case(untrained=("logits",)),
}
