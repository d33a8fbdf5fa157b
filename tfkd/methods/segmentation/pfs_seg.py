"""Pixel-wise feature similarities, and soft targets where a student lags.

Equation:  L = a H(y, p_s) + b 1/N^2 sum_ij (A_t,ij - A_s,ij)^2
               + c mean_i w_i T^2 KL(p_t,i^T || p_s,i^T) ,
           A_ij = f_i . f_j / (||f_i|| ||f_j||) ,
           w_i = max(0, p_t,i(y_i) - p_s,i(y_i))
Symbols:   f_i feature of position i of a high-level map, N positions; p =
           softmax(z) of (batch, h, w, classes) logits, p^T softened by T =
           `temperature`; y labels, w_i 0 where there is none, and a constant;
           a = `task_weight`, b = `similarity_weight`, c = `gap_weight`.
Paper:     Shan, *Distilling Pixel-Wise Feature Similarities for Semantic
           Segmentation*, arXiv:1910.14226.
Survey:    Sec 15.1, ref [209].
Differs:   confirmed in the abstract: similarities of every pixel of a
           high-level map to all others, and soft predictions weighted by a
           pixel's knowledge gap. The first term is the survey's. Inferred:
           cosines, the form of w, all weights.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import GapTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.transforms import PositionAffinity

CARD = Card(
    key="pfs_seg",
    status="simplified",
    simplified=(
        "how the paper normalizes similarities and weights pixels by their "
        "knowledge gap could not be confirmed"
    ),
    zero_when_equal=True,
    task="segmentation",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    temperature: float = 1.0,
    similarity_weight: float = 1.0,
    gap_weight: float = 10.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Segmenter to dense logits `(batch, height, width, classes)`.
        student: Segmenter to logits of the same shape.
        teacher_tap: Map of the teacher's f; its last stage if absent.
        student_tap: Map of the student's f; its last stage if absent. The
            larger of both is averaged to the size of the smaller.
        temperature: T > 0, a number or schedule.
        similarity_weight: b >= 0, likewise.
        gap_weight: c >= 0, likewise.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If logits are not dense or differ in shape, a tap is no
            map, or a number is out of range.
    """
    dense_logits("pfs_seg", teacher, student)
    teacher_tap = teacher_tap or taps.stages(teacher)[-1]
    student_tap = student_tap or taps.stages(student)[-1]
    size = taps.common_size(teacher, teacher_tap, student, student_tap)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                teacher_transform=PositionAffinity(size, "average"),
                student_transform=PositionAffinity(size, "average"),
                distance=LpDistance(p=2, reduce="mean"),
                weight=similarity_weight,
                name="similarities",
            ),
            GapTargets(temperature=temperature, weight=gap_weight),
        ],
        student_loss_weight=task_weight,
    )
