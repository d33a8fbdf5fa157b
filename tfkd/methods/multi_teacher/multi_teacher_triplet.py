"""Several teachers: their mean prediction, and their vote on who is alike.

Equation:  L = a H(y, softmax(z_s))
               + c T^2 KL(1 / M sum_t softmax(z_t / T) || softmax(z_s / T))
               + b mean over (i, j, k) with v_ijk > 0 of
                   max(0, d_ij - d_ik + m)
           v_ijk = sum_t w_t sign(d^t_ik - d^t_ij)
Symbols:   z (batch, classes) logits; d, d^t squared Euclidean distances of
           unit intermediate features of the student and of teacher t of M;
           i, j, k different examples of a batch; w = `votes`; m = `margin`;
           T = `temperature`; a = `task_weight`; b = `weight`; c =
           `soft_weight`.
Paper:     You, Xu, Xu & Tao, *Learning from Multiple Teacher Networks*, KDD
           2017.
Survey:    Sec 7 and 16.4, Eqn 23, Table 6, ref [278].
Differs:   confirmed from the abstract: the mean of softened outputs, the
           relative dissimilarity of examples in intermediate layers, on
           triplets, and a vote that unites the teachers. Inferred: the
           hinge, unit length, the square, and the numbers.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.losses import VotedOrder
from tfkd.methods.card import Card
from tfkd.teachers import as_ensemble

CARD = Card(
    key="multi_teacher_triplet",
    teacher="many",
    status="simplified",
    simplified=(
        "all triplets of a batch and one given layer of each teacher are "
        "taken; how the paper picks triplets and layers, and weighs votes, "
        "could not be confirmed"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD_fea+logits",
    },
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    votes: tuple | None = None,
    margin: float = 0.1,
    weight: float = 1.0,
    temperature: float = 4.0,
    soft_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers.
        student: Classifier of the same classes.
        teacher_tap: Name of every teacher's features; widths may differ.
        student_tap: Name of the student's features.
        votes: w, one number >= 0 a teacher; equal if absent.
        margin: m >= 0.
        weight: b >= 0, a number or schedule.
        temperature: T > 0, a number or schedule.
        soft_weight: c >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, classes differ in number, or an
            argument is out of range.
    """
    taps.shape(student, student_tap)  # An error that names the tap.
    ensemble = as_ensemble(teacher)
    members = range(len(ensemble.members))
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=[
            EnsembleSoftTargets(
                teacher_taps=[f"{index}/logits" for index in members],
                temperature=temperature,
                weight=soft_weight,
            ),
            VotedOrder(
                teacher_taps=[f"{index}/{teacher_tap}" for index in members],
                student_tap=student_tap,
                margin=margin,
                shares=votes,
                weight=weight,
            ),
        ],
        student_loss_weight=task_weight,
    )
