"""RKD: distances and angles between examples are as for the teacher.

Equation:  psi_ij = ||x_i - x_j||_2 / mu,  mu = mean of the distances > 0
           c_ijk = cos of the angle at x_i between x_j and x_k
           L = a H(y, softmax(z_s)) + l_D 1 / B^2 sum_ij h(psi^t - psi^s)
               + l_A 1 / B^3 sum_ijk h(c^t - c^s)
           h(u) = u^2 / 2 if |u| <= 1, else |u| - 1/2
Symbols:   x (batch, features) flattened tap; B = batch;
           l_D = `distance_weight`; l_A = `angle_weight`; a = `task_weight`.
Paper:     Park, Kim, Lu & Cho, *Relational Knowledge Distillation*, CVPR
           2019, arXiv:1904.05068, Eqns 3-9.
Survey:    Sec 4.1.3 and 14.1, Table 1, ref [191].
Differs:   means over pairs and triplets instead of sums, as in the authors'
           released code, i = j included. Gradients flow through mu. With
           `anchors`, j and k of the angles run over a part of the batch.
"""

from tfkd.distances import HuberDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import PairDistances
from tfkd.transforms import TripletAngles

CARD = Card(
    key="rkd",
    columns={"Method": "Imposing strictness", "Objective": "Eqn. 8 or Eqn. 2"},
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    distance_weight: float = 25.0,
    angle_weight: float = 50.0,
    task_weight: float = 1.0,
    anchors: int | None = None,
):
    """Builds the distiller.

    Args:
        teacher: Network; the tap may have any shape.
        student: Likewise.
        teacher_tap: Name of x of the teacher.
        student_tap: Name of x of the student.
        distance_weight: l_D >= 0.
        angle_weight: l_A >= 0.
        task_weight: a >= 0; labels are not needed where it is 0.
        anchors: Examples of a batch that angles are measured between, or
            `None` for all. Angles take batch * anchors^2 numbers.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, a model is built for batches of
            one, or an argument is out of range.
    """
    parts = (
        ("rkd_distance", distance_weight, PairDistances, {}),
        ("rkd_angle", angle_weight, TripletAngles, {"anchors": anchors}),
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                teacher_transform=transform(**arguments),
                student_transform=transform(**arguments),
                distance=HuberDistance(),
                weight=weight,
                name=name,
            )
            for name, weight, transform, arguments in parts
        ],
        student_loss_weight=task_weight,
    )
