"""Vehicles by stereo sound: a detector of images teaches one that listens.

Equation:  L = b L_det(boxes of f_t(x), f_s(r))
               + c mean_(j != i) max(0, m + ||s_i - t_i|| - ||s_i - t_j||)
               + a L_task
Symbols:   x a video frame; r the stereo sound at its time, and what is known
           of the camera; f_t, f_s detectors of the same anchors; L_det the
           loss of a detector on the boxes that the teacher is sure of, see
           `tfkd.losses.PseudoBoxes`; t_i, s_i features of frame i by the
           teacher and of its sound by the student; j other frames of the
           batch; m = `margin`; b = `weight`; c = `ranking_weight`;
           a = `task_weight`.
Paper:     Gan, Zhao, Chen, Cox & Torralba, *Self-supervised Moving Vehicle
           Tracking with Stereo Sound*, ICCV 2019, arXiv:1910.11760.
Survey:    Sec 12.2.1, Table 9, ref [69]; Eqn 10 and pseudo labels.
Differs:   confirmed from the abstract: a vision teacher and a sound student,
           a detector whose knowledge is transferred by unlabelled video;
           sound and camera data alone at test time. Both terms of the loss
           are the survey's reconstruction. Inferred: distances, the margin
           and c. The survey's table has labels; the paper has none.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import PairRanking
from tfkd.losses import PseudoBoxes
from tfkd.methods.card import Card

CARD = Card(
    key="stereo_sound_vehicle",
    status="simplified",
    simplified=(
        "the paper's losses could not be confirmed: they are the survey's "
        "reconstruction; tracks over time are not made"
    ),
    columns={
        "Uses labels": "N (printed: Y)",
        "Source modality": "Video frame",
        "Target modality": "Sound",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Feature soft labels",
        "Model compression": "N",
    },
    needs=("views",),
    task="detection",
    example="""\
x = {"student": x / 2, "teacher": x}
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    threshold: float = 0.5,
    margin: float = 0.5,
    weight: float = 1.0,
    ranking_weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": sound, "teacher": frames}`.

    Args:
        teacher: Detector of images, such as `tfkd.tasks.detection.model()`.
        student: Detector of sound, of the same anchors and classes.
        teacher_tap: Name of t; the last stage if absent.
        student_tap: Name of s, of as many numbers; the last stage if absent.
        threshold: Confidence in (0, 1) from which on a box is a target.
        margin: m >= 0.
        weight: b >= 0, a number or schedule.
        ranking_weight: c >= 0, a number or schedule.
        task_weight: a >= 0, of the loss that is compiled.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the detectors or taps do not fit, or a number is out
            of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            PseudoBoxes(threshold=threshold, weight=weight),
            PairRanking(
                teacher_tap=teacher_tap or taps.stages(teacher)[-1],
                student_tap=student_tap or taps.stages(student)[-1],
                kind="hinge",
                margin=margin,
                both_ways=False,
                weight=ranking_weight,
                name="feature_ranking",
            ),
        ],
        student_loss_weight=task_weight,
    )
