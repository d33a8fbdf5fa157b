"""Conformance cases of adversarial methods."""

import keras
import numpy as np

from tests.conformance.cases import sequences
from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import cnn
from tests.conformance.cases.base import no_teacher
from tests.conformance.cases.multi_teacher import ANSWERS_DIFFER
from tfkd.models import soft_text
from tfkd.tasks.documentation import VOCABULARY

NOISE = 4
TEXT = {"length": sequences.LENGTH, "vocabulary": VOCABULARY}


def teachers_of_two_sizes():
    return [cnn((6, 8, 12)), cnn((4, 5, 6), dense=(9,))]


def texts(needs=(), count=EXAMPLES):
    """Nothing for the generator, sentences for the autoencoder."""
    tokens, _ = sequences.sentences(count=count)
    zeros = np.zeros((count, NOISE), "float32")
    return {"student": zeros, "teacher": tokens}, tokens


CASES = {
    # Features of one width, for a classifier that is shared.
    "aid_event": Case(
        teacher=lambda: cnn((6, 10, 8)), student=lambda: cnn((4, 6, 8))
    ),
    # Clean, two steps of the attack, and what the attack found.
    "ard": Case(student_passes=4),
    # Clean, and what the attack on the teacher found.
    "bss": Case(student_passes=2),
    # The student meets the teacher after its step.
    "kdgan": Case(teacher=no_teacher, student_passes=2),
    "meal": Case(teacher=teachers_of_two_sizes, exempt=ANSWERS_DIFFER),
    "meal_v1_noisy": Case(teacher=teachers_of_two_sizes, exempt=ANSWERS_DIFFER),
    "textkd_gan": Case(
        teacher=lambda: soft_text.autoencoder(**TEXT, width=4, code=5),
        student=lambda: soft_text.generator(**TEXT, noise=NOISE, width=4),
        data=texts,
        loss=keras.losses.SparseCategoricalCrossentropy(),
        exempt={
            "swapping_the_roles_changes_what_is_trained": (
                "an autoencoder makes no texts of noise"
            ),
        },
        # Scores of real and made texts have them in common.
        untrained=("conv1d/bias", "score/bias"),
    ),
}
