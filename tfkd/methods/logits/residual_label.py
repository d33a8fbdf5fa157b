"""Residual labels: learn with the labels what each class is like.

Equation:  L = a H(y, softmax(z)) + b KL(r_y || s_y),
           r_y = softmax_(c != y) R_(y, c),  s_y = softmax_(c != y) z_c
Symbols:   z (batch, classes) logits; y labels; R (classes, classes) the
           residual correlations, learned with the network; a =
           `task_weight`; b = `weight`.
Paper:     Ding, Wu, Sun, Guo & Xia, *Adaptive Regularization of Labels*,
           2019, arXiv:1908.05474.
Survey:    Sec 4.1.1, ref [52].
Differs:   confirmed from the paper's abstract and a summary: no teacher, a
           residual correlation matrix as only further parameters, which is
           updated online from the network's errors, residual labels, and a
           residual loss. Inferred: the divergence, that R is trained by its
           gradient, and b.
"""

from tfkd.distillers import Distiller
from tfkd.losses import ResidualLabels
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="residual_label",
    teacher="none",
    status="simplified",
    simplified=(
        "the paper's own residual loss and its update of the residual "
        "labels, whose equations could not be read: a divergence and its "
        "gradient stand in their place"
    ),
)


def build(
    *,
    teacher=None,
    student,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the labels teach, and what is learned of them.
        student: Classifier of at least three classes.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, there are fewer than three
            classes, or a number is out of range.
    """
    no_teacher("residual_label", teacher)
    return Distiller(
        student=student,
        teacher=SelfTeacher(),
        distillation_losses=ResidualLabels(weight=weight),
        student_loss_weight=task_weight,
    )
