"""Conformance cases of cross-modal distillation."""

import keras
import numpy as np

from tests.conformance.cases import base
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


# The student's and its partner's embeddings are of one width, and no label
# trains the student's head.
PARTNERS = Case(
    teacher=no_teacher,
    options={"partner": {"name": "cnn", "filters": (4, 6, 8)}},
    untrained=("logits",),
)

CASES = {
    "soundnet": by_head(objects=4, scenes=3),
    "map_anything": by_head(classes=4, scenes=3, objects=2),
    "emotion_speech": Case(data=clips),
    "ambient_sound": Case(untrained=("logits",)),
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
