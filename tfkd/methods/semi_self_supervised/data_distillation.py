"""Data distillation: one teacher's answer to several views as a label.

Equation:  L = a H(y, softmax(z_s(x)))                 for labelled x
               + b 1[max q >= m] H(argmax q, softmax(z_s(x)))  for the others
           q = 1/K sum_k softmax(z_t(t_k(x)))
Symbols:   z_t, z_s (batch, classes) logits; t_k of K views: each of
           `scales`, and mirrored if `mirror`; m = `threshold`; a =
           `task_weight`; b = `weight`.
Paper:     Radosavovic, Dollar, Girshick, Gkioxari & He, *Data Distillation:
           Towards Omni-Supervised Learning*, CVPR 2018, arXiv:1712.04440.
Survey:    Sec 7.3, Eqn 23, Table 6, ref [197].
Differs:   confirmed from the abstract: one model, predictions on several
           geometric transformations of unlabelled data, their ensemble as
           new hard annotations, and a student retrained on the union of
           both kinds of data. Inferred: the values of `scales`. The paper
           sets m so that as many objects are annotated as in labelled
           images. The student's own augmentation is left to the input
           pipeline, `x = {"student": augmented, "teacher": image}`.
"""

import keras

from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import FrozenTeacher
from tfkd.transforms import ConfidentTargets
from tfkd.transforms import HardTargets
from tfkd.transforms import ScaledView

CARD = Card(
    key="data_distillation",
    status="simplified",
    simplified=(
        "key points and boxes, whose predictions are mapped back from each "
        "view and merged: here images are classified"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "Y",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "N/A",
    },
    needs=("unlabelled",),
    options={"threshold": 0.0},
)


def build(
    *,
    teacher,
    student,
    scales: tuple = (0.8, 1.0, 1.2),
    mirror: bool = True,
    threshold: float = 0.7,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of images, trained on the labelled ones.
        student: Classifier of the same classes, best started from new
            weights.
        scales: Factors > 0 by which images are enlarged, at least one.
        mirror: Whether each view is mirrored, too; not for digits.
        threshold: m in [0, 1).
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. On labels, -1 marks an unlabelled image.

    Raises:
        InputError: If the teacher is no network or already has a
            preprocessing, its inputs are no images, the classes differ in
            number, or a number is out of range.
    """
    if isinstance(teacher, FrozenTeacher) and teacher.preprocessing is None:
        teacher = teacher.model
    if not isinstance(teacher, keras.Model) or not scales:
        raise InputError(
            "data_distillation makes views of what one network sees, "
            f"received teacher={teacher!r} and scales={scales!r}. Pass a "
            "keras.Model, and at least one scale."
        )
    views = [
        ScaledView(scale, turned)
        for scale in scales
        for turned in ((False, True) if mirror else (False,))
    ]
    members = [FrozenTeacher(teacher, preprocessing=view) for view in views]
    for view in views:
        view.build(teacher.input_shape)
    return Distiller(
        student=student,
        teacher=EnsembleTeacher(members),
        distillation_losses=SoftTargets(
            temperature=1.0,
            correction=HardTargets(),
            selection=ConfidentTargets(threshold, unlabelled_only=True),
            weight=weight,
            name="generated_labels",
        ),
        student_loss_weight=task_weight,
    )
