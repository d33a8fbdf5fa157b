"""Triplet distillation: the teacher sets the margin of every triplet.

Equation:  L = b 1 / N sum_i max(0, D_ap - D_an + F(d_i)) + a L_task
           d_i = max(0, T_an - T_ap)
           F(d) = (M - m) d / d_max + m
Symbols:   D, T squared Euclidean distances of the student's and of the
           teacher's unit embeddings; (a, p, n) the i-th of N triplets of a
           batch, a and p of one class and n of another; m = `margin`; M =
           `largest_margin`; b = `weight`; a = `task_weight`, of the loss
           that is compiled.
Paper:     Feng et al., *Triplet Distillation for Deep Face Recognition*,
           arXiv:1905.04457 (ICIP 2020).
Survey:    Sec 15.2.3, ref [60].
Differs:   the three equations were confirmed in public notes on the paper.
           Inferred: the squared distances of unit vectors, as in FaceNet,
           whose loss it extends; d_max as the largest d of the batch; all
           triplets of a batch, those without loss included; and the numbers
           m and M. The paper first trains the student as a classifier: give
           one that is trained, or a `task_weight`.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import TripletMargin
from tfkd.methods.card import Card

CARD = Card(key="triplet_distillation")


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    margin: float = 0.2,
    largest_margin: float = 0.5,
    mining: str = "all",
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: Embedding network, or a classifier.
        student: Likewise; its embedding may have another width. Batches need
            several examples of a class: see `tfkd.sources.ClassBatches`.
        teacher_tap: Name of the teacher's embedding.
        student_tap: Name of the student's.
        margin: m >= 0, where the teacher sees no difference.
        largest_margin: M >= m, where it sees the largest.
        mining: `"all"` triplets of the batch, or the `"hard"` one of each
            anchor, by the student's distances.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, or an argument is out of range.
    """
    taps.shape(student, student_tap)  # An error that names the tap.
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=TripletMargin(
            student_tap=student_tap,
            margin=margin,
            mining=mining,
            squared=True,
            normalize=True,
            teacher_tap=teacher_tap,
            largest_margin=largest_margin,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
