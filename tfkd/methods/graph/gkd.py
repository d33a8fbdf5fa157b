"""GKD: at every layer, the batch forms the same similarity graph.

Equation:  W_ij = max(cos(x_i, x_j), 0), W_ii = 0;  D_ii = sum_j W_ij
           A = M * (D^-1/2 W D^-1/2)
           L = H(y, softmax(z_s)) + b sum_l ||(A_t^l)^p - (A_s^l)^p||_F^2
Symbols:   x (batch, ...) tap of layer l, flattened; M_ij = 1 if i is among
           the teacher's `neighbors` strongest edges of j, or j of i, else 0,
           for both networks; p = `power`; b = `weight`; H = task loss.
Paper:     Lassance, Bontonou, Boukli Hacene, Gripon, Tang & Ortega, *Deep
           Geometric Knowledge Distillation with Graphs*, ICASSP 2020,
           arXiv:1911.03080.
Survey:    Sec 6.1, Eqn 20 with D = L2 on adjacencies, Table 5, ref [126].
Differs:   confirmed in public code, not in the paper's text:
           cosine graph without loops, degree normalization, the teacher's
           k-NN mask on both, matrix power, sum of squares, b = 25. Negative
           cosines, which a graph of degrees does not allow, count as no
           edge; after a ReLU there are none. Restricting edges to examples
           of one class, or of different ones, is not offered.
"""

from tfkd import taps
from tfkd.distances import GraphDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card

CARD = Card(
    key="gkd",
    status="simplified",
    simplified=(
        "confirmed in public code, not in the paper's text; no "
        "restriction of edges by class"
    ),
    columns={
        "Purpose": "Model compression",
        "Graph type": "Heterogeneous graph",
        "Knowledge type": "Layer-wise feature",
        "Distance": "L2",
        "Graph embedding": "GSP",
    },
    zero_when_equal=True,
    options={"neighbors": 3, "power": 2},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    neighbors: int | None = None,
    power: int = 1,
    weight: float = 25.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network; its taps may have any shape.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)`; the stages, paired from
            the last, if absent.
        neighbors: Edges kept an example, or `None` for all.
        power: p >= 1.
        weight: b >= 0.
        task_weight: Factor of the task loss.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, or an argument is out of range.
    """
    pairs = pairs or taps.stage_pairs(teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                distance=GraphDistance(neighbors, power),
                weight=weight,
                name=f"gkd_{student_tap}",
            )
            for teacher_tap, student_tap in pairs
        ],
        student_loss_weight=task_weight,
    )
