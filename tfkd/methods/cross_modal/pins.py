"""Learnable PINs: one space of faces and voices, by a curriculum.

Equation:  L = b [d_ii^2 + max(0, m - d_ik)^2] + a L_task ,
           d_ij = ||s_i - t_j||_2 ;
           k of rank round(h (B - 2)) among the others of a batch of B, from
           the farthest to the nearest; h grows from `start` to `end` in
           `curriculum_steps` steps
Symbols:   s, t (batch, features) embeddings of faces and voices by the
           student and its partner, of one width, as unit vectors; m =
           `margin`; b = `weight`; a = `task_weight`.
Paper:     Nagrani, Albanie & Zisserman, *Learnable PINs: Cross-Modal
           Embeddings for Person Identity*, ECCV 2018, arXiv:1805.00833.
Survey:    Sec 12.1, Table 9, ref [179]; Eqn 10 with a contrastive distance.
Differs:   confirmed from the abstract and from a public implementation: no
           labels; pairs of a batch; the negative of a rank, which a schedule
           moves from easy to hard, from 0.3 to 0.8; the margin, 0.6. There
           h grows in steps of 0.1, here on a straight line; there distances
           are not squared, and all negatives up to the rank count, but for
           those nearer than the positive. The table calls it supervised; the
           paper is not.
"""

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import CurriculumContrast
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.partners import partner_of

CARD = Card(
    key="pins",
    columns={
        "Uses labels": "N (printed: Y)",
        "Source modality": "RGB frames",
        "Target modality": "Voice",
        "Number of teachers": "One",
        "On-line": "Y",
        "Knowledge": "Features (printed: Soft labels)",
        "Model compression": "N",
    },
    needs=("views",),
    teacher="none",
    options={
        "partner": {"name": "cnn", "filters": (4, 8, 16)},
        "curriculum_steps": 2,
    },
)


def build(
    *,
    teacher=None,
    student,
    partner: object | None = None,
    student_tap: str = "embedding",
    partner_tap: str = "embedding",
    margin: float = 0.6,
    start: float = 0.3,
    end: float = 0.8,
    curriculum_steps: int = 10000,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": faces, "teacher": voices}`.

    Args:
        teacher: `None`: both networks learn.
        student: Network of one modality.
        partner: Network of the other one, trained in place; or a dict of
            arguments of `tfkd.models.build`.
        student_tap: Name of s.
        partner_tap: Name of t, as wide.
        margin: m >= 0; unit vectors are at most 2 apart.
        start: h of the first step, in [0, 1].
        end: h after the curriculum, in [`start`, 1].
        curriculum_steps: Steps from one to the other.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is a teacher or no partner, taps do not exist or
            fit, or a number is out of range.
    """
    if not 0 <= start <= end <= 1:
        raise InputError(
            "The curriculum of pins must have 0 <= start <= end <= 1, "
            f"received start={start!r}, end={end!r}."
        )
    steps = at_least("pins", "curriculum_steps", curriculum_steps, 1)
    view, network = partner_of(
        "pins",
        teacher=teacher,
        partner=partner,
        student=student,
        tap=partner_tap,
    )
    contrast = CurriculumContrast(
        margin=margin,
        hardness=schedules.Linear(start, end, steps),
        student_tap=student_tap,
        partner=network,
        weight=weight,
    )
    return Distiller(
        student=student,
        teacher=view,
        distillation_losses=contrast,
        student_loss_weight=task_weight,
    )
