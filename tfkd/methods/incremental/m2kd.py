"""M2KD: each group of classes is taught by the snapshot that learned it.

Equation:  L = a H(y, softmax(z))
               + b sum_k T^2 KL(softmax(z_k[G_k] / T) || softmax(z[G_k] / T))
               + w sum_k ||mean_batch h_k - mean_batch h||_2^2
Symbols:   z (batch, classes) the student's logits; z_k those of snapshot k of
           K, the model after step k, which learned the classes G_k first;
           h_k, h their features at a layer in the middle, flattened;
           T = `temperature`; a = `task_weight`; b = `weight`;
           w = `feature_weight`.
Paper:     Zhou, Mai, Zhang, Xu, Wu & Davis, *M2KD: Multi-model and
           Multi-level Knowledge Distillation for Incremental Learning*,
           2019, arXiv:1904.01769.
Survey:    Sec 7.2 and 14.2.2, Eqn 24, Table 6, ref [295].
Differs:   confirmed from the paper's abstract: all earlier snapshots teach,
           not the last alone, and an auxiliary distillation of intermediate
           features. Inferred: that a snapshot teaches the group that it
           learned. The auxiliary term is the maximum mean discrepancy that
           the survey's table names, with a linear kernel: its form in the
           paper was not confirmed. Nor were T, b and w.
"""

import numpy as np

from tfkd import taps
from tfkd.distances import BatchMMD
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SubsetSoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble

CARD = Card(
    key="m2kd",
    teacher="many",
    status="simplified",
    simplified=(
        "storing the snapshots as pruning masks of one network: they are "
        "whole models here; the auxiliary distillation has an inferred form"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "Y",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "MMD+ L_KD",
    },
    example="""\
from tfkd.models.heads import grow

shapes["num_classes"] = 4  # The classes of the first step.
teacher = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
other = grow(teacher, 3, bias_correction=False)
student = grow(other, 3, bias_correction=False)
""",
)


def build(
    *,
    teacher,
    student,
    feature_tap: str | None = None,
    temperature: float = 2.0,
    weight: float = 1.0,
    feature_weight: float = 0.1,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: The snapshots in their order, a list of classifiers of more
            and more classes: each knows those of the one before, in their
            order, and at least two more.
        student: Classifier of the last snapshot's classes and new ones:
            `tfkd.models.heads.grow(last, m, bias_correction=False)`.
        feature_tap: Name of h and of every h_k; each network's middle stage
            if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        feature_weight: w >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. Batches need at least two examples.

    Raises:
        InputError: If classes do not grow from one model to the next,
            features differ in width, or a number is out of range.
    """
    ensemble = as_ensemble(teacher)
    models = [*ensemble.members, student]
    counts = [taps.shape(model, "logits")[-1] for model in models]
    if (
        counts[0] < 2
        or np.any(np.diff(counts[:-1]) < 2)
        or (counts[-1] <= counts[-2])
    ):
        raise InputError(
            "m2kd needs snapshots that each know at least two classes more "
            "than the one before, and a student that knows still more; "
            f"received {counts[:-1]} and {counts[-1]} classes. Grow them with "
            "tfkd.models.heads.grow(model, new_classes, "
            "bias_correction=False)."
        )
    middle = [feature_tap or taps.middle_stage(model) for model in models]
    losses = []
    for k, (first, stop) in enumerate(zip([0, *counts], counts[:-1])):
        losses += [
            SubsetSoftTargets(
                teacher_tap=f"{k}/logits",
                classes=range(first, stop),
                teacher_classes=range(first, stop),
                temperature=temperature,
                weight=weight,
                name=f"group_{k}",
            ),
            FeatureMatch(
                teacher_tap=f"{k}/{middle[k]}",
                student_tap=middle[-1],
                distance=BatchMMD("linear"),
                weight=feature_weight,
                name=f"auxiliary_{k}",
            ),
        ]
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
