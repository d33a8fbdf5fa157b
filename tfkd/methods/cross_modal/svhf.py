"""Seeing voices and hearing faces: which of these faces has this voice?

Equation:  L = -b log exp(c_ii) / sum_(j = i or y_j != y_i) exp(c_ij)
                   + a L_task ,
           c_ij = w . relu(A s_i + B t_j + C m_i + b') ,
           m_i = mean of t_j over the candidates j of i
Symbols:   s_i (batch, features) embedding of voice i by the student; t_j that
           of face j by its partner (or the other way round); y identities;
           A, B, C have `units` rows; b = `weight`; a = `task_weight`.
Paper:     Nagrani, Albanie & Zisserman, *Seeing Voices and Hearing Faces:
           Cross-modal biometric matching*, CVPR 2018, arXiv:1804.00326.
Survey:    Sec 12.1, Table 9, ref [180].
Differs:   of the paper, that one of N faces is chosen by a network on all
           streams, faces sharing their weights, is from the survey; the mean
           of the candidates beside each is inferred. One head scores every
           candidate, so that their order says nothing. All of a batch that
           are of other identities are candidates, not N - 1 drawn ones.
"""

from tfkd.distillers import Distiller
from tfkd.losses import MatchedPairs
from tfkd.methods.card import Card
from tfkd.methods.partners import partner_of

CARD = Card(
    key="svhf",
    status="simplified",
    simplified=(
        "the paper's fusion of N streams, of which no source could be read: "
        "one head scores each candidate of the batch, beside their mean"
    ),
    columns={
        "Uses labels": "Y",
        "Source modality": "Voice/face",
        "Target modality": "Face/voice",
        "Number of teachers": "Multiple",
        "On-line": "Y",
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
    context: bool = True,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": voices, "teacher": faces}`,
    and labels are identities, -1 where one is not known.

    Args:
        teacher: `None`: both networks learn.
        student: Network of what is asked for, such as a voice.
        partner: Network of what is chosen, trained in place; or a dict of
            arguments of `tfkd.models.build`.
        student_tap: Name of s.
        partner_tap: Name of t.
        units: Width of the head's layer.
        context: Whether m is there.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is a teacher or no partner, a tap does not exist,
            or a number is out of range.
    """
    view, network = partner_of(
        "svhf",
        teacher=teacher,
        partner=partner,
        student=student,
        tap=partner_tap,
    )
    matching = MatchedPairs(
        kind="choose",
        by_label=True,
        student_tap=student_tap,
        partner=network,
        units=units,
        context=context,
        weight=weight,
        name="forced_matching",
    )
    return Distiller(
        student=student,
        teacher=view,
        distillation_losses=matching,
        student_loss_weight=task_weight,
    )
