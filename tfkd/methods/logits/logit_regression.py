"""Logit regression: the student fits the teacher's raw class scores.

Equation:  L = 1/2 ||z_s - z_t||_2^2, mean over the batch
Symbols:   z_t, z_s (batch, classes) logits; factor 1/2 in `weight`.
Paper:     Ba & Caruana, *Do Deep Nets Really Need to be Deep?*, NeurIPS
           2014, arXiv:1312.6184, Eqn 1.
Survey:    Sec 4.1.1, Table 1, ref [18]; the limit T -> infinity of Eqn 2.
Differs:   nothing in the loss. Public code often averages over classes
           (`reduce="mean"`), which divides it by classes / 2.
"""

from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card

CARD = Card(
    key="logit_regression",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2, T -> infinity",
    },
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    weight: float = 0.5,
    task_weight: float = 0.0,
    reduce: str = "sum",
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes.
        weight: Factor of the squared distance; 1/2 in the paper.
        task_weight: Factor of the label loss; 0 in the paper.
        reduce: `"sum"` or `"mean"` over classes.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap="logits",
            student_tap="logits",
            distance=LpDistance(p=2, reduce=reduce),
            weight=weight,
            name="logit_regression",
        ),
        student_loss_weight=task_weight,
    )
