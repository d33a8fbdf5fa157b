"""Conformance cases of distillation with graphs."""

import numpy as np

from tests.conformance.cases.base import CLASSES
from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import SHAPE
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import cnn
from tests.conformance.cases.base import images
from tests.conformance.cases.base import no_teacher
from tfkd import tasks
from tfkd.models import bag_of_words

GRAPH = tasks.get("graph")


def two_teachers():
    return [cnn((4, 6, 8)), cnn((6, 6, 8))]


def two_modalities(needs=(), count=EXAMPLES):
    """Images, and two views of them, one for each teacher."""
    x, y = images(count)
    views = {"bright": x * (x > 8), "dark": x * (x <= 8)}
    return {"student": x, "teacher": views}, y


def turned(needs=(), count=EXAMPLES):
    """Images, and the same ones turned by a quarter."""
    x, y = images(count)
    return {"student": np.rot90(x, axes=(1, 2)), "teacher": x}, y


def words(view, groups):
    """A classifier by groups of 8 words, those of one of the views."""
    model = bag_of_words.build(
        input_shape=SHAPE,
        num_classes=CLASSES,
        scale=1 / 16,
        words=8,
        patch=3,
        groups=groups,
    )
    vocabulary = model.get_layer("words")
    vocabulary.adapt(turned()[0][view] / 16, patches=200)
    return model


def node_classifier(units):
    """A tiny graph network that labels nodes."""
    return GRAPH.model(units=units)


def neighborhoods(needs=(), count=EXAMPLES):
    """Graphs of digits, a third of whose labels are hidden."""
    x, y = GRAPH.data(count, nodes=8, neighbors=3)
    y[:, ::3] = -1
    return x, y


def episodes(needs=(), count=EXAMPLES):
    """Graphs of three digits each, two known nodes a digit."""
    return GRAPH.few_shot_data(count, nodes=12, neighbors=3)


def pixels(needs=(), count=EXAMPLES):
    """Graphs of pixels, a third of whose labels are hidden."""
    x, y = GRAPH.data(count, level="graph")
    y[::3] = -1
    return x, y


CASES = {
    "mhgd": Case(
        exempt={
            "permuting_the_batch_permutes_values": (
                "the estimator drops heads of each example at random"
            )
        }
    ),
    "bilingual_words": Case(
        teacher=lambda: words("teacher", 4),
        student=lambda: words("student", 3),
        data=turned,
        exempt={
            "one_student_pass_a_step": (
                "the first fit counts the student's words before it trains"
            )
        },
    ),
    "hgkt": Case(
        teacher=lambda: cnn((6, 8, 12), dense=(8,)),
        student=lambda: cnn((4, 6, 8), dense=(8,)),
        exempt={
            "permuting_the_batch_permutes_values": (
                "each call draws other classes"
            )
        },
    ),
    "graph_distillation": Case(
        teacher=two_teachers,
        student=lambda: cnn((4, 6, 8)),
        data=two_modalities,
        options={"modalities": ("bright", "dark")},
    ),
    "gfl": Case(
        teacher=no_teacher,
        student=lambda: GRAPH.few_shot_model(units=(4, 4), graph_units=3),
        data=episodes,
        loss=GRAPH.loss(),
    ),
    "grl": Case(
        teacher=no_teacher,
        student=lambda: GRAPH.model(features=3, units=(4, 4), level="graph"),
        data=pixels,
        loss=GRAPH.loss(),
    ),
    "ktg": Case(
        teacher=no_teacher,
        options={
            "peers": 3,
            "steps": 6,
            "graph": (
                ("label", 0, "through"),
                ("label", 1, "linear"),
                (0, 1, "through"),
                (1, 0, "correct"),
                (1, 2, "linear"),
                (2, 0, "linear"),
            ),
        },
    ),
    "lsp_gcn": Case(
        teacher=lambda: node_classifier((6, 5)),
        student=lambda: node_classifier((4, 4)),
        data=neighborhoods,
        loss=GRAPH.loss(),
    ),
}
