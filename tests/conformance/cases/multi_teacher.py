"""Conformance cases of methods of several teachers."""

import keras
import numpy as np

from tests.conformance.cases import base
from tests.conformance.cases import sequences
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tests.conformance.cases.base import student
from tests.conformance.cases.base import teacher
from tfkd.models import build
from tfkd.models import heads
from tfkd.models import named_heads
from tfkd.models.zipping import zip_networks


def two_teachers():
    return [teacher(), teacher()]


def teachers_of_some_classes():
    return [base.cnn((6, 8, 12), classes=3), base.cnn((6, 8, 12), classes=2)]


def teachers_of_two_classes():
    return [base.cnn((6, 8, 12), classes=2), base.cnn((5, 7, 9), classes=2)]


def plain(classes=base.CLASSES):
    return build(
        "cnn",
        input_shape=base.SHAPE,
        num_classes=classes,
        scale=1 / 16,
        filters=(4, 6),
        strides=(1, 2),
        batch_normalization=False,
    )


def zipped():
    x, _ = base.images()
    return zip_networks(plain(), plain(2), x, names=("digit", "parity"))


def digits_and_parity(needs, count):
    x, y = base.data(needs, count)
    return x, {"digit": y, "parity": y % 2}


def at_every_pixel(filters, channels):
    """A network of two stages to numbers at every pixel."""
    inputs = keras.Input(base.SHAPE)
    x = keras.layers.Rescaling(1 / 16)(inputs)
    for number, width in enumerate(filters, start=1):
        x = keras.layers.Conv2D(
            width, 3, padding="same", activation="relu", name=f"stage{number}"
        )(x)
    logits = keras.layers.Conv2D(channels, 1, name="logits")(x)
    return keras.Model(inputs, logits)


def parts_and_depth(needs, count):
    """Images; a class and a number for each of their pixels."""
    x, y = base.data(needs, count)
    classes = np.repeat(y, x[0].size).reshape(x.shape[:3])
    return x, {"parts": classes, "depth": x / 16}


def words_of_two_languages(needs, count):
    """Sentences with the number of their teacher, and next words."""
    x, y = sequences.next_words(needs, count)
    numbers = np.arange(count, dtype="int32") % 2
    return {"student": x, "teacher": {"inputs": x, "member": numbers}}, y


TWO_SETS = {"label_sets": ((0, 1), (2, 3))}


# Why a check that compares two answers of a teacher does not apply.
ANSWERS_DIFFER = {
    "permuting_the_batch_permutes_values": "the teacher answers otherwise "
    "each time it is asked"
}

CASES = {
    "filtered_ka": Case(
        teacher=teachers_of_some_classes,
        options={"label_sets": ((0, 1, -1), (2, 3))},
    ),
    "hne": Case(teacher=no_teacher),
    "hydra": Case(
        teacher=two_teachers, student=lambda: heads.split(student(), 2)
    ),
    "ka_customize": Case(
        teacher=lambda: [teachers_of_two_classes(), teachers_of_two_classes()],
        options={
            **TWO_SETS,
            "component": {"name": "cnn", "filters": (3, 4, 5)},
        },
        exempt={
            "saves_loads_and_trains_on": (
                "each training of the chain draws new transforms"
            )
        },
    ),
    "knowledge_flow": Case(teacher=two_teachers),
    "lfme": Case(teacher=teachers_of_two_classes, options=TWO_SETS),
    "mtz": Case(
        teacher=lambda: {"digit": plain(), "parity": plain(2)},
        student=zipped,
        data=digits_and_parity,
        loss={
            name: keras.losses.SparseCategoricalCrossentropy(from_logits=True)
            for name in ("digit", "parity")
        },
    ),
    "multilingual_nmt_kd": Case(
        teacher=lambda: [sequences.language_model() for _ in range(2)],
        student=sequences.language_model,
        data=words_of_two_languages,
        # The gate stays open: else every call moves what it compares.
        options={"margin": 1.0},
        loss=sequences.SEQUENCE.loss(),
    ),
    "pate": Case(
        teacher=two_teachers,
        options={
            "gamma": 1.0,
            "game_weight": 0.1,
            "value_range": (0.0, 16.0),
            "noise_size": 4,
            "filters": (4, 4),
        },
        # On images that are made: told from real ones, and held.
        student_passes=3,
        exempt={
            "permuting_the_batch_permutes_values": (
                "each image is compared with one of fresh noise"
            ),
        },
    ),
    "distilled_reid": Case(teacher=two_teachers, student_passes=2),
    "feed": Case(teacher=two_teachers),
    "fukuda_ensemble": Case(teacher=two_teachers, exempt=ANSWERS_DIFFER),
    "jung_specialists": Case(teacher=two_teachers),
    "mehak_explanations": Case(teacher=two_teachers),
    "noisy_teacher": Case(exempt=ANSWERS_DIFFER),
    "mt_compressed_video": Case(teacher=two_teachers),
    "multi_teacher_triplet": Case(
        teacher=two_teachers, options={"votes": (0.6, 0.4)}
    ),
    "ruder_ka": Case(
        teacher=two_teachers, options={"similarities": (0.6, 0.2)}
    ),
    "ssl_graph_distill": Case(teacher=two_teachers, options={"units": 16}),
    "student_master": Case(
        teacher=lambda: {
            "parts": at_every_pixel((4, 6), 4),
            "depth": at_every_pixel((5, 6), 1),
        },
        student=lambda: named_heads.build(
            at_every_pixel((3, 4), 1), {"parts": 4, "depth": 1}, layer="stage2"
        ),
        data=parts_and_depth,
        loss={
            "parts": keras.losses.SparseCategoricalCrossentropy(
                from_logits=True
            ),
            "depth": keras.losses.MeanSquaredError(),
        },
        exempt={
            "saves_loads_and_trains_on": (
                "each training of the chain draws new transforms"
            )
        },
    ),
    "stochastic_skip": Case(
        options={
            "rate": 0.5,
            "blocks": tuple((f"stage{i}_conv", f"stage{i}") for i in (1, 2, 3)),
        },
        exempt=ANSWERS_DIFFER,
    ),
    "uhc": Case(
        teacher=teachers_of_some_classes,
        options={"label_sets": ((0, 1, 2), (2, 3))},
    ),
    "mkd_bilstm": Case(
        teacher=lambda: sequences.transformer(
            num_classes=sequences.SEQUENCE.TASKS
        ),
        student=sequences.bilstm,
        data=sequences.two_tasks,
        loss=sequences.LOSSES,
    ),
    "mtdnn_kd": Case(
        teacher=sequences.teachers_of_tasks,
        student=sequences.bilstm,
        data=sequences.two_tasks,
        loss=sequences.LOSSES,
    ),
    "tmkd": Case(
        teacher=lambda: [sequences.transformer(), sequences.transformer()],
        student=sequences.transformer,
        data=sequences.sentences,
    ),
}
