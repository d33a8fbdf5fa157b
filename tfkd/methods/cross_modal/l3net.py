"""Look, listen and learn: do this image and this sound belong together?

Equation:  L = b 1/2 [log(1 + exp(-c_ii)) + mean_(j != i) log(1 + exp(c_ij))]
                   + a L_task ,
           c_ij = w . relu(A s_i + B t_j + b') + b''
Symbols:   s_i, t_j (batch, features) embeddings of image i and of sound j by
           the student and its partner, one of each modality; A and B side by
           side are a layer of `units` rows; b = `weight`; a = `task_weight`.
Paper:     Arandjelovic & Zisserman, *Look, Listen and Learn*, ICCV 2017,
           arXiv:1705.08168.
Survey:    Sec 12.2.1, Table 9, ref [13].
Differs:   confirmed from public implementations: embeddings side by side, a
           layer of 128 units, a decision between two; both networks from
           random weights, no labels. Instead of one drawn mismatch for each
           match, all of a batch count, with the same weight in all. Two
           outputs and softmax there are one output and its sigmoid here.
"""

from tfkd.distillers import Distiller
from tfkd.losses import MatchedPairs
from tfkd.methods.card import Card
from tfkd.methods.partners import partner_of

CARD = Card(
    key="l3net",
    columns={
        "Uses labels": "N",
        "Source modality": "Video frames",
        "Target modality": "Audio",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Features",
        "Model compression": "N",
    },
    needs=("views",),
    teacher="none",
    options={"partner": {"name": "cnn", "filters": (4, 8, 16)}},
)


def build(
    *,
    teacher=None,
    student,
    partner: object | None = None,
    student_tap: str = "embedding",
    partner_tap: str = "embedding",
    units: int = 128,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": images, "teacher": sounds}`.

    Args:
        teacher: `None`: both networks learn.
        student: Network of one modality.
        partner: Network of the other one, trained in place; or a dict of
            arguments of `tfkd.models.build`.
        student_tap: Name of s.
        partner_tap: Name of t.
        units: Width of the layer on both.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is a teacher or no partner, a tap does not exist,
            or a number is out of range.
    """
    view, network = partner_of(
        "l3net",
        teacher=teacher,
        partner=partner,
        student=student,
        tap=partner_tap,
    )
    return Distiller(
        student=student,
        teacher=view,
        distillation_losses=MatchedPairs(
            student_tap=student_tap,
            partner=network,
            units=units,
            weight=weight,
            name="correspondence",
        ),
        student_loss_weight=task_weight,
    )
