"""Integral distillation of poses: maps, features and structure.

Equation:  L = a L_task(y, m_s) + b mean (m_t - m_s)^2
               + c mean (F_t - r(F_s))^2
               + d [ -log D(m_s) - log D(m_t) - log(1 - D(m_s)) ]
Symbols:   m_t, m_s (batch, h, w, J) maps of J joints; F_t, F_s high-level
           features, r a 1x1 convolution to the teacher's channels; D the
           sigmoid of a convolutional critic's score of all maps together,
           which learns from its last two terms, and the student from the
           first; y labels; a = `task_weight`, b = `map_weight`, c =
           `feature_weight`, d = `structure_weight`.
Paper:     Xu, Zou, Lin, Huang & Tian, *Integral Knowledge Distillation for
           Multi-Person Pose Estimation*, IEEE Signal Processing Letters 2020.
Survey:    Sec 15.2.5, ref [258].
Differs:   confirmed in the abstract: the teacher's output as soft targets,
           its high-level features, and a structure distillation that takes a
           global view of the prediction. Inferred: squared differences, an
           adversarial form of the last (as the survey has it), all weights.
           Critic and student learn at once, by one optimizer.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import Adversarial
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.models import critics
from tfkd.transforms import Regressor

CARD = Card(
    key="integral_pose",
    status="simplified",
    simplified=(
        "the three terms follow the abstract: the paper's form of each, and "
        "its weights, could not be confirmed"
    ),
    task="pose",
    options={"critic_filters": (4, 8)},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    map_weight: float = 1.0,
    feature_weight: float = 0.1,
    structure_weight: float = 0.001,
    task_weight: float = 1.0,
    critic_filters: tuple = (64, 128),
):
    """Builds the distiller.

    Args:
        teacher: Network to maps of joints `(batch, height, width, joints)`.
        student: Network to maps of the same shape.
        teacher_tap: Name of F_t; the last stage if absent.
        student_tap: Name of F_s; the last stage if absent.
        map_weight: b >= 0, a number or schedule.
        feature_weight: c >= 0, likewise.
        structure_weight: d >= 0, likewise.
        task_weight: a >= 0, likewise.
        critic_filters: Channels of the critic's convolutions.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If maps differ in shape, a tap does not exist or is no
            map, or a number is out of range.
    """
    dense_logits("integral_pose", teacher, student)
    teacher_tap = teacher_tap or taps.stages(teacher)[-1]
    student_tap = student_tap or taps.stages(student)[-1]
    taps.common_size(teacher, teacher_tap, student, student_tap)
    maps = {"teacher_tap": "logits", "student_tap": "logits"}
    shape = taps.shape(student, "logits")
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(**maps, weight=map_weight, name="maps"),
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                student_transform=Regressor(),
                weight=feature_weight,
                name="features",
            ),
            Adversarial(
                critics.maps(shape, filters=critic_filters),
                **maps,
                weight=structure_weight,
                name="structure",
            ),
        ],
        student_loss_weight=task_weight,
    )
