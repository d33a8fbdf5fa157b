"""Squeezed 6DoF detection: points count where the teacher sees an object.

Equation:  L = a L_task + b 1/A sum_r mean_c (P(t_rc) - P(s_rc))^2
               + g sum_r o_r mean_i (t_ri - s_ri)^2 / max(1, sum_r o_r)
Symbols:   t, s answers of teacher and student in cell r, of A: `numbers` i
           that say where the points of an object lie, and a logit a class c,
           P its sigmoid; o_r = max_c P(t_rc) how sure the teacher is of an
           object; a = `task_weight`; b = `score_weight`; g =
           `point_weight`.
Paper:     Felix, Rodrigues, Macedo, Simoes, Oliveira, Teichrieb &
           Zanchettin, *Squeezed Deep 6DoF Object Detection Using Knowledge
           Distillation*, IJCNN 2020, arXiv:2003.13586.
Survey:    Sec 15.2.1, ref [59], in a group of citations.
Differs:   confirmed from the abstract and the released code's description:
           small networks (YOLO-LITE, Tiny-YOLO) are distilled from a
           single-shot detector of poses, YOLO-6D, which predicts projections
           of points, a confidence and a class in every cell. Inferred: the
           form of the loss, scaled by objectness as in Mehta & Ozturk,
           *Object Detection at 200 Frames Per Second*, 2018. A class's
           probability is confidence and class in one here.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import RegionMatch
from tfkd.methods.card import Card

CARD = Card(
    key="squeezed_6dof",
    status="simplified",
    simplified=(
        "the form of the loss is inferred, and the pose is not computed from "
        "the points"
    ),
    zero_when_equal=True,
    task="corners",
)


def build(
    *,
    teacher,
    student,
    numbers: int = 10,
    score_weight: float = 1.0,
    point_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Detector of points, to `(batch, cells, numbers + classes)`.
        student: Detector of the same cells and classes.
        numbers: Numbers of an answer before the logits of classes: 10 for
            five points in the image, 18 for the nine of a box in space.
        score_weight: b >= 0, a number or schedule.
        point_weight: g >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the answers differ in shape or have no class behind
            the numbers, or a number is out of range.
    """
    shapes = [taps.shape(model, "outputs") for model in (teacher, student)]
    if shapes[0][1:] != shapes[1][1:]:
        raise InputError(
            "squeezed_6dof needs two detectors of the same cells, points and "
            f"classes, received outputs of shapes {shapes[0]} and "
            f"{shapes[1]}. Use models such as tfkd.tasks.corners.model()."
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            RegionMatch(
                read="scores",
                distance="probability",
                numbers=numbers,
                weight=score_weight,
                name="scores",
            ),
            RegionMatch(
                read="boxes",
                by_confidence=True,
                numbers=numbers,
                weight=point_weight,
                name="points",
            ),
        ],
        student_loss_weight=task_weight,
    )
