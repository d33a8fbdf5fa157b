"""Refine and distill: depth learns from its own refinement.

Equation:  L = a P(d) + c [ P(d') + b mean |d - d'| ]
           d' = d + r([I, I - W, d]),  W(p) = J(p - d(p))
Symbols:   d (batch, height, width, 1) the student's disparity of the left
           image I; J the right image, in training alone; r convolutions,
           trained, and dropped later; P how unlike the left image is to the
           right one displaced, by structure (0.85) and by value, and how
           rough the disparity is; d' a constant in the last term; a =
           `photometric_weight`; b = `distillation`; c = `weight`.
Paper:     Pilzer, Lathuiliere, Sebe & Ricci, *Refine and Distill: Exploiting
           Cycle-Inconsistency and Knowledge Distillation for Unsupervised
           Monocular Depth Estimation*, CVPR 2019, arXiv:1903.04202.
Survey:    Sec 15.4, Eqn 10, ref [196].
Differs:   all is the survey's: an inconsistency that a second network
           refines by, a student that is distilled from what is refined, all
           trained together. Factors, and what the refinement reads beside the
           inconsistency, are not confirmed.
"""

from tfkd.distillers import Distiller
from tfkd.losses import Photometric
from tfkd.losses import RefinedMap
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.methods.stereo_views import one_eyed
from tfkd.teachers import ViewTeacher

CARD = Card(
    key="refine_distill",
    status="simplified",
    simplified=(
        "what the right image leaves unexplained stands for the inconsistency "
        "of a cycle from left to right and back, and the refinement is a small "
        "network of its own"
    ),
    teacher="none",
    needs=("views",),
    task="displacement",
    options={"value_range": (0.0, 16.0), "filters": (4,)},
    example="""\
pairs, labels = task.data(64, stereo=True)
x = {"student": pairs[..., :1], "teacher": pairs}
student = task.model(input_shape=(24, 24, 1), channels=1)
""",
)


def build(
    *,
    teacher=None,
    student,
    value_range: tuple = (0.0, 255.0),
    filters: tuple = (32, 32),
    smoothness: float = 0.1,
    photometric_weight: float = 1.0,
    distillation: float = 1.0,
    weight: float = 1.0,
):
    """Builds the distiller.

    Fit it on `x = {"student": left images, "teacher": pairs}`, and compile
    without a loss.

    Args:
        teacher: `None`: the student's own refinement teaches.
        student: A network of left images of known size.
        value_range: `(low, high)` of raw images.
        filters: Channels of the refinement's hidden convolutions.
        smoothness: Factor >= 0 of the roughness in P.
        photometric_weight: a >= 0, a number or schedule.
        distillation: b >= 0.
        weight: c >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the student is no such network, a teacher is given, or
            an argument is out of range.
    """
    no_teacher("refine_distill", teacher)
    pair = one_eyed("refine_distill", student)

    def unlike(**arguments):
        return Photometric(
            student_tap="outputs",
            pair_tap="view",
            smoothness=smoothness,
            value_range=value_range,
            **arguments,
        )

    return Distiller(
        student=student,
        teacher=ViewTeacher(pair[1:]),
        distillation_losses=[
            unlike(weight=photometric_weight),
            RefinedMap(
                unlike(),
                distillation=distillation,
                filters=filters,
                weight=weight,
            ),
        ],
        student_loss_weight=0.0,
    )
