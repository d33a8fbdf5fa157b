"""Fast pose distillation: every stack learns the teacher's last maps.

Equation:  L = sum_k [ a 1/J sum_j ||m_j^k - m_j^t||^2
                       + (1 - a) 1/J sum_j ||m_j^k - m_j||^2 ]
Symbols:   m^k (batch, h, w, J) confidence maps of the student's stack k, of J
           joints; m^t those of the teacher's last stack; m the labels; a =
           `weight`; 1 - a = `task_weight`. The norms are means over pixels.
Paper:     Zhang, Zhu & Ye, *Fast Human Pose Estimation*, CVPR 2019,
           arXiv:1811.05419.
Survey:    Sec 15.2.5, ref [284].
Differs:   confirmed in the authors' code: the teacher's last output for every
           stack of the student, labels for every stack, both weighted by a
           and 1 - a, and means over pixels (halved there). Joints that are
           not known count nothing there; here their label is a map of zeros,
           and the weights of examples are the user's. The last stack's labels
           are the loss that is compiled, such as a mean squared error. a =
           0.5 is the paper's.
"""

from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import LabelMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import dense_logits
from tfkd.methods.stacks import map_taps

CARD = Card(key="fast_pose", task="pose")


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "logits",
    student_taps: tuple | None = None,
    weight: float = 0.5,
    task_weight: float = 0.5,
):
    """Builds the distiller.

    Args:
        teacher: Network to maps of joints `(batch, height, width, joints)`.
        student: Network to maps of the same shape.
        teacher_tap: Name of m^t.
        student_taps: Names of the m^k, the student's output last; `maps1`,
            `maps2`, ... and `logits` if absent.
        weight: a >= 0, a number or schedule.
        task_weight: 1 - a >= 0, likewise, also of the loss that is compiled.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If maps differ in shape, a tap does not exist, or a number
            is out of range.
    """
    names = tuple(student_taps or map_taps(student))
    dense_logits("fast_pose", teacher, student, (teacher_tap, names[-1]))
    losses = [
        FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=name,
            weight=weight,
            name=f"maps_of_{name}",
        )
        for name in names
    ]
    losses += [
        LabelMatch(
            student_tap=name, weight=task_weight, name=f"labels_of_{name}"
        )
        for name in names[:-1]
    ]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
