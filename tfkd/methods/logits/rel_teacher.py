"""Relative teacher: the distances between embeddings are the teacher's.

Equation:  L = w L_triplet + b 1 / B^2 sum_ij |d_ij^s - d_ij^t|^p
               + a L_task,   d_ij = ||e_i - e_j||_2
           L_triplet = mean_i max(0, d_ip - d_in + m), p the farthest example
           of i's class and n the nearest of another
Symbols:   e (batch, features) embeddings, widths may differ; B = batch;
           p = `p`; m = `margin`; b = `weight`; w = `triplet_weight`;
           a = `task_weight`, of the loss that is compiled.
Paper:     Yu et al., *Learning Metrics from Teachers: Compact Networks for
           Image Embedding*, CVPR 2019, arXiv:1904.03624.
Survey:    Sec 4.1.3, Table 1, ref [279].
Differs:   the mean over pairs, i = j included. Confirmed in the authors'
           code: the batch-hard triplet loss on unsquared distances, 8
           examples of a class in a batch, b = 0.1 to 1. There the norm over
           all pairs of a batch stands in place of the mean, so that b means
           another thing, and m is 0, which lets all embeddings collapse to
           one point; 0.1 here.
"""

from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import TripletMargin
from tfkd.methods.card import Card
from tfkd.transforms import PairDistances

CARD = Card(
    key="rel_teacher",
    columns={"Method": "Imposing strictness", "Objective": "Eqn. 8 or Eqn. 2"},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    weight: float = 1.0,
    p: int = 1,
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
        p: 1 or 2.
        triplet_weight: w >= 0, a number or schedule.
        margin: m >= 0.
        mining: Triplets of the batch: `"hard"` or `"all"`.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, a model is built for batches of
            one, or an argument is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                teacher_transform=PairDistances(normalize=None),
                student_transform=PairDistances(normalize=None),
                distance=LpDistance(p=p),
                weight=weight,
                name="relative_teacher",
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
