"""SP: examples that activate the teacher alike activate the student alike.

Equation:  G = Q Q^T, its row i divided by ||G_i||_p
           L = H(y, softmax(z_s)) + g / B^2 sum_l ||G_t^l - G_s^l||_F^2
Symbols:   Q (batch, height * width * channels) flattened tap; B = batch;
           l pairs of taps; p = `norm`; g = `weight`; H = task loss.
Paper:     Tung & Mori, *Similarity-Preserving Knowledge Distillation*, ICCV
           2019, arXiv:1907.09682, Eqns 1-5, p = 2.
Survey:    Sec 4.2, 7.2 and 16.6, Table 2, ref [232].
Differs:   nothing with p = 2; p = 1 is what torchdistill computes. The
           survey's Table 2 says that no knowledge is lost, its Sec 4.2.1
           that some is: the spatial and channel positions are.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import SimilarityMatrix

CARD = Card(
    key="sp",
    columns={
        "TF_t": "Similarity matrix",
        "TF_s": "Similarity matrix",
        "Position": "Middle layer",
        "Distance": "Frobenius norm",
        "Lost knowledge": "Spatial and channel dimensions",
    },
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    norm: int = 2,
    weight: float = 3000.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network; its taps may have any shape.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)`; the last stage of each if
            absent.
        norm: p, 2 or 1.
        weight: g >= 0.
        task_weight: Factor of the task loss.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, or an argument is out of range.
    """
    pairs = pairs or taps.stage_pairs(teacher, student)[-1:]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                teacher_transform=SimilarityMatrix(norm),
                student_transform=SimilarityMatrix(norm),
                weight=weight,
                name=f"sp_{student_tap}",
            )
            for teacher_tap, student_tap in pairs
        ],
        student_loss_weight=task_weight,
    )
