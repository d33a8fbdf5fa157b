"""FEED: the student's last map follows those of several teachers.

Equation:  L = a H(y, softmax(z_s))
               + b sum_i || x_i / ||x_i||_2 - y_i / ||y_i||_2 ||_1,
           y_i = relu(W_i * x_s + b_i)
Symbols:   x_i, x_s (batch, height, width, channels) last maps of teacher i
           and of the student, norms over a whole map; W_i 3x3 kernels, one
           trained transform a teacher; a = `task_weight`; b = `weight`.
Paper:     Park & Kwak, *FEED: Feature-level Ensemble for Knowledge
           Distillation*, 2019, arXiv:1909.10754 (parallel FEED).
Survey:    Sec 7.2, Eqn 25, Table 6, ref [189].
Differs:   where teachers' maps have another size than the student's, the
           student's are averaged to it; the paper's networks are alike.
           Sequential FEED is a student of this method used as the next
           one's teacher. Confirmed from the paper's abstract: one non-linear
           transformation a teacher, in parallel. Inferred from the survey:
           the sum over elements, and one 3x3 convolution. Not confirmed: b,
           which is 1 here.
"""

from tfkd import taps
from tfkd.distances import NormalizedLp
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble
from tfkd.transforms import ConvReLU

CARD = Card(
    key="feed",
    teacher="many",
    columns={
        "Ensemble logits": "N",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD",
    },
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of networks with convolutional stages.
        student: Likewise a network.
        teacher_tap: Name of every x_i; each teacher's last stage if absent.
        student_tap: Name of x_s; the last stage if absent.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map, or a number is out
            of range.
    """
    ensemble = as_ensemble(teacher)
    student_tap = student_tap or taps.stages(student)[-1]
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=f"{i}/{teacher_tap or taps.stages(member)[-1]}",
                student_tap=student_tap,
                student_transform=ConvReLU(),
                distance=NormalizedLp(p=1, reduce="sum"),
                weight=weight,
                name=f"feed_{i}",
            )
            for i, member in enumerate(ensemble.members)
        ],
        student_loss_weight=task_weight,
    )
