"""See, hear and read: two modalities in the space of a teacher's classes.

Equation:  L = b [KL(T(y) || softmax(h(s(x)))) + KL(T(y) || softmax(h(t(y))))]
                   + b r [R(s, t) + R(t, s)] / 2 + a L_task ,
           R(s, t) = mean_(j != i) max(0, m - cos(s_i, t_i) + cos(s_i, t_j))
Symbols:   y an image; x the sound or text that belongs to it; T (batch,
           classes) the teacher's probabilities of the image; s, t
           (batch, features) embeddings by the student, of x, and by its
           partner, of y; h the classifier that both share; m = `margin`;
           r = `ranking`; b = `weight`; a = `task_weight`.
Paper:     Aytar, Vondrick & Torralba, *See, Hear, and Read: Deep Aligned
           Representations*, 2017, arXiv:1706.00932.
Survey:    Sec 12.2.2 and 12.3, Table 9, ref [17]; Eqn 23 and a ranking.
Differs:   confirmed from the abstract and introduction: one representation
           of image, sound and text by pairs with images alone. The equation
           is the survey's. Inferred: cosines, the margin and r. All others
           of a batch are negatives, with their mean.
"""

from tfkd.distillers import Distiller
from tfkd.losses import AlignedViews
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.partners import partner_of
from tfkd.teachers import EnsembleTeacher

CARD = Card(
    key="see_hear_read",
    status="simplified",
    simplified=(
        "one modality beside images at a time, instead of two; the networks "
        "share the classifier, not further layers, and rank at one layer"
    ),
    columns={
        "Uses labels": "N (printed: Y)",
        "Source modality": "Image",
        "Target modality": "Sound, Image, Text",
        "Number of teachers": "One (printed: Three)",
        "On-line": "N",
        "Knowledge": "Features",
        "Model compression": "N",
    },
    needs=("views",),
    options={"partner": {"name": "cnn", "filters": (4, 8, 16)}},
)


def build(
    *,
    teacher,
    student,
    partner: object | None = None,
    student_tap: str = "embedding",
    partner_tap: str = "embedding",
    temperature: float = 1.0,
    margin: float = 0.5,
    ranking: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": sounds, "teacher": images}`.

    Args:
        teacher: Classifier of images, T.
        student: Network of the other modality, of the same classes.
        partner: Network of images, trained in place up to its tap; or a dict
            of arguments of `tfkd.models.build`.
        student_tap: Name of s, which the student's classifier reads.
        partner_tap: Name of t, as wide.
        temperature: Of both divergences, times T^2; a number > 0 or
            schedule.
        margin: m >= 0.
        ranking: r >= 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is no partner, taps or classes do not exist or
            fit, or a number is out of range.
    """
    view, network = partner_of(
        "see_hear_read",
        teacher=None,
        partner=partner,
        student=student,
        tap=partner_tap,
    )
    own = SoftTargets(
        teacher_tap="0/logits", temperature=temperature, weight=weight
    )
    aligned = AlignedViews(
        teacher_tap="1/view",
        logits_tap="0/logits",
        student_tap=student_tap,
        partner=network,
        temperature=temperature,
        margin=margin,
        ranking=ranking,
        weight=weight,
    )
    return Distiller(
        student=student,
        teacher=EnsembleTeacher([teacher, view]),
        distillation_losses=[own, aligned],
        student_loss_weight=task_weight,
    )
