"""LUCIR: a cosine classifier, features that are kept, old apart from new.

Equation:  L = H(y, softmax(eta s)) + l (1 - <f_t, f_s> / (||f_t|| ||f_s||))
               + w mean over old examples of
                     1/K sum_k max(0, m - s_y + s_(k)),
           s_k = <theta_k, f_s> / (||theta_k|| ||f_s||),
           l = b sqrt(n / (classes - n))
Symbols:   f_t, f_s (batch, features) of the old model and the student,
           before their classifiers; theta_k the vector of class k, fixed for
           the n old classes; eta a trained number; y label; s_(1), ...,
           s_(K) the largest scores of new classes; b = `forget_weight`;
           w = `ranking_weight`; m = `margin`; K = `negatives`.
Paper:     Hou, Pan, Loy, Wang & Lin, *Learning a Unified Classifier
           Incrementally via Rebalancing*, CVPR 2019, Eqns 4 and 6-9.
Survey:    Sec 14.2.1, ref [104].
Differs:   confirmed in FACIL's code: all terms, b = 5 (CIFAR-100), w = 1,
           m = 0.5, K = 2, the mean over k, and fixed vectors of old classes.
           eta starts at 10 here, at 1 there.
"""

import math

from tfkd import taps
from tfkd.distances import NormalizedLp
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import MarginRanking
from tfkd.methods.card import Card
from tfkd.models.cosine_head import CosineScores

CARD = Card(
    key="lucir",
    status="simplified",
    simplified=(
        "the missing ReLU before the classifier, which is a matter of the "
        "network's architecture, and class-balanced fine-tuning"
    ),
    example="""\
from tfkd.models.cosine_head import grow_cosine
from tfkd.models.cosine_head import with_cosine_head

shapes["num_classes"] = 8  # The old classes.
teacher = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
teacher = with_cosine_head(teacher)
student = grow_cosine(teacher, 2)
""",
)


def build(
    *,
    teacher,
    student,
    forget_weight: float = 5.0,
    ranking_weight: float = 1.0,
    margin: float = 0.5,
    negatives: int = 2,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on the new classes' examples and the old ones' exemplars: see
    `tfkd.sources.Exemplars`.

    Args:
        teacher: The old model, trained with a cosine head: see
            `tfkd.models.cosine_head.with_cosine_head`.
        student: `tfkd.models.cosine_head.grow_cosine(teacher, m)`.
        forget_weight: b >= 0.
        ranking_weight: w >= 0, a number or schedule.
        margin: m >= 0.
        negatives: K >= 1, at most the number of new classes.
        task_weight: Factor >= 0 of the labels' term.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a model has no cosine head, the student knows no new
            class, or a number is out of range.
    """
    known, classes = (_classes(model) for model in (teacher, student))
    if classes <= known or not 0 <= forget_weight < float("inf"):
        raise InputError(
            "lucir needs a student of more classes than the old model and a "
            f"finite forget_weight >= 0, received {known} and {classes} "
            f"classes and forget_weight={forget_weight!r}. Make the student "
            "with tfkd.models.cosine_head.grow_cosine(teacher, new_classes)."
        )
    keep = forget_weight * math.sqrt(known / (classes - known))
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap="cosine:input",
                student_tap="cosine:input",
                # Of unit vectors half the squared distance is 1 - cosine.
                distance=NormalizedLp(p=2, reduce="sum"),
                weight=keep / 2.0,
                name="less_forget",
            ),
            MarginRanking(
                old_classes=known,
                student_tap="cosine",
                negatives=negatives,
                margin=margin,
                weight=ranking_weight,
            ),
        ],
        student_loss_weight=task_weight,
    )


def _classes(model):
    """How many classes a cosine head scores."""
    model = getattr(model, "model", model)
    layers = getattr(model, "layers", ())
    found = [layer for layer in layers if isinstance(layer, CosineScores)]
    if not found or found[0].name != "cosine":
        raise InputError(
            f"lucir needs models with a cosine head, and {model.name!r} has "
            "none. Make the old one with tfkd.models.cosine_head."
            "with_cosine_head(classifier) before it is trained, and the "
            "student with grow_cosine."
        )
    return taps.shape(model, "cosine")[-1]
