"""Supervision transfer: a network of one modality teaches another's.

Equation:  L = b ||F_t(x_t) - psi(F_s(x_s))||_2^2 + a H(y, softmax(z_s))
Symbols:   x_t, x_s = one scene in two modalities, such as RGB and depth;
           F_t, F_s (batch, height, width, channels) mid-level features;
           psi = a linear map at every position, where `linear_map`;
           b = `weight`; a = `task_weight`.
Paper:     Gupta, Hoffman & Malik, *Cross Modal Distillation for Supervision
           Transfer*, CVPR 2016, arXiv:1507.00448.
Survey:    Sec 12.2.1, Table 9, ref [80]; Eqn 10 with paired inputs.
Differs:   psi acts on the student's features: on the teacher's, the map and
           the student would agree on zero. Inferred from the survey, not
           confirmed in the paper: the square, and the sum over elements;
           `reduce="mean"` averages. The fine-tuning that may follow is a
           training of `distiller.student`, or a `task_weight` on labelled
           pairs.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import Identity
from tfkd.transforms import Regressor

CARD = Card(
    key="supervision_transfer",
    columns={
        "Uses labels": "N",
        "Source modality": "RGB images",
        "Target modality": "Depth images",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Features (printed: Soft labels)",
        "Model compression": "N",
    },
    needs=("views",),
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    linear_map: bool | None = None,
    weight: float = 1.0,
    task_weight: float = 0.0,
    reduce: str = "sum",
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": depth, "teacher": rgb}`.

    Args:
        teacher: Network of the modality with labels.
        student: Network of the other one.
        teacher_tap: Name of F_t; the last stage if absent.
        student_tap: Name of F_s; the last stage if absent.
        linear_map: Whether psi is there; if absent, where the two taps
            differ in shape, the student's maps being averaged to the
            teacher's size.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        reduce: `"sum"` or `"mean"` over elements.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, the taps do not fit, or a number
            is out of range.
    """
    teacher_tap = teacher_tap or taps.stages(teacher)[-1]
    student_tap = student_tap or taps.stages(student)[-1]
    if linear_map is None:
        shapes = (
            taps.shape(teacher, teacher_tap),
            taps.shape(student, student_tap),
        )
        linear_map = shapes[0] != shapes[1]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            student_transform=Regressor() if linear_map else Identity(),
            distance=LpDistance(p=2, reduce=reduce),
            weight=weight,
            name="supervision_transfer",
        ),
        student_loss_weight=task_weight,
    )
