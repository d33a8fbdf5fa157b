"""Absolute teacher: each embedding is where the teacher's is.

Equation:  L = w L_triplet + b mean_i ||e_i^t - r(e_i^s)||_2 + a L_task
           L_triplet = mean_i max(0, d_ip - d_in + m), d_ij =
           ||e_i^s - e_j^s||_2, p the farthest example of i's class and n the
           nearest of another
Symbols:   e^t, e^s (batch, features) embeddings; r a linear map where the
           widths differ, trained; m = `margin`; b = `weight`; w =
           `triplet_weight`; a = `task_weight`, of the loss that is compiled.
Paper:     Yu et al., *Learning Metrics from Teachers: Compact Networks for
           Image Embedding*, CVPR 2019, arXiv:1904.03624.
Survey:    Sec 4.1.3, Table 1, ref [279].
Differs:   confirmed in the authors' code: the norm as it is (`squared`
           gives its square), the batch-hard triplet loss, b = 1 to 2. There
           m is 0, which lets all embeddings collapse to one point; 0.1 here.
           There both embeddings have one width; r is the paper's remedy
           where they have not. Hints and attention, with which the paper
           also combines it, are the methods `fitnet` and `at`.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import TripletMargin
from tfkd.methods.card import Card
from tfkd.transforms import Identity
from tfkd.transforms import Regressor

CARD = Card(
    key="abs_teacher",
    columns={"Method": "Imposing strictness", "Objective": "Eqn. 8 or Eqn. 2"},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    weight: float = 1.0,
    squared: bool = False,
    triplet_weight: float = 1.0,
    margin: float = 0.1,
    mining: str = "hard",
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: Embedding network, or a classifier.
        student: Likewise. Batches need several examples of a class: see
            `tfkd.sources.ClassBatches`.
        teacher_tap: Name of e of the teacher.
        student_tap: Name of e of the student.
        weight: b >= 0, a number or schedule.
        squared: Whether the distance is squared.
        triplet_weight: w >= 0, a number or schedule.
        margin: m >= 0.
        mining: Triplets of the batch: `"hard"` or `"all"`.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, the taps differ in rank, or an
            argument is out of range.
    """
    shapes = taps.shape(teacher, teacher_tap), taps.shape(student, student_tap)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                student_transform=(
                    Identity() if shapes[0] == shapes[1] else Regressor()
                ),
                distance=LpDistance(p=2, reduce="sum", root=not squared),
                weight=weight,
                name="absolute_teacher",
            ),
            TripletMargin(
                student_tap=student_tap,
                margin=margin,
                mining=mining,
                weight=triplet_weight,
            ),
        ],
        student_loss_weight=task_weight,
    )
