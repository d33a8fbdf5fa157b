"""Faces and voices: a voice is nearer to its own face than to another's.

Equation:  L = -b mean_(j != i) log sigma(d(s_i, t_j) - d(s_i, t_i))
                   + a L_task ,  d(u, v) = ||u - v||_2
Symbols:   s, t (batch, features) embeddings of voices and faces by the
           student and its partner, of one width; sigma the sigmoid; with
           `both_ways` the mean of this and of the same for anchors t;
           b = `weight`; a = `task_weight`.
Paper:     Kim, Shin, Oh, Kaspar, Elgharib & Matusik, *On Learning
           Associations of Faces and Voices*, ACCV 2018, arXiv:1805.05553.
Survey:    Sec 12.2.1, Table 9, ref [115]; Eqn 10 with a ranking.
Differs:   the loss is the survey's; the paper's own text was not read, and
           its public code has no training. A public implementation by others
           has (0, 1) less the softmax of both distances, squared: another
           function of the same gap. Each other example of a batch is a
           negative, instead of one that is drawn. The paper may train a pair
           of networks for each direction: `both_ways=False` takes the
           student's.
"""

from tfkd.distillers import Distiller
from tfkd.losses import PairRanking
from tfkd.methods.card import Card
from tfkd.methods.partners import partner_of

CARD = Card(
    key="faces_voices",
    status="simplified",
    simplified=(
        "whether the paper's loss is this function of the gap between "
        "distances could not be confirmed"
    ),
    columns={
        "Uses labels": "N",
        "Source modality": "Sound/images",
        "Target modality": "Images/sound",
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
    both_ways: bool = True,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": voices, "teacher": faces}`.

    Args:
        teacher: `None`: both networks learn.
        student: Network of one modality.
        partner: Network of the other one, trained in place; or a dict of
            arguments of `tfkd.models.build`.
        student_tap: Name of s.
        partner_tap: Name of t, as wide.
        both_ways: Whether faces rank voices, too.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is a teacher or no partner, taps do not exist or
            fit, or a number is out of range.
    """
    view, network = partner_of(
        "faces_voices",
        teacher=teacher,
        partner=partner,
        student=student,
        tap=partner_tap,
    )
    ranking = PairRanking(
        both_ways=both_ways,
        student_tap=student_tap,
        partner=network,
        weight=weight,
    )
    return Distiller(
        student=student,
        teacher=view,
        distillation_losses=ranking,
        student_loss_weight=task_weight,
    )
