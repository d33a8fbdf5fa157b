"""Hierarchical distillation of a detector: pyramid, regions, answers.

Equation:  L = a L_det + b sum_k mean (F_t^k - r_k(F_s^k))^2
               + g 1/O sum_o mean (R(F_t, o) - R(r(F_s), o))^2
               + d 1/R sum_r mean_c KL(B(z_t,rc) || B(z_s,rc))
Symbols:   F^k maps of the networks' pyramids; F the map of boxes; R(F, o)
           samples of it in the box of object o, of O; z_t, z_s scores of
           class c in region r, of R, B(z) the Bernoulli distribution of
           probability sigmoid(z); r 1x1 convolutions, trained; a =
           `task_weight`; b = `pyramid_weight`; g = `region_weight`; d =
           `soft_weight`. In nats.
Paper:     Chen, Ai, Shang, Chen & Zhuang, *Learning Lightweight Pedestrian
           Detector with Hierarchical Knowledge Distillation*, ICIP 2019,
           arXiv:1909.09325.
Survey:    Sec 15.2.2, ref [37].
Differs:   confirmed from the abstract: distillation at several hierarchies
           and stages of a detector at once, from low-level details to
           high-level abstractions; that they are pyramid, regions and logits
           is the survey's. Inferred: squares, divergence, weights, and the
           labelled boxes as regions.
"""

from tfkd.distillers import Distiller
from tfkd.losses import RegionFeatures
from tfkd.losses import RegionMatch
from tfkd.methods.card import Card
from tfkd.methods.detectors import hints
from tfkd.methods.detectors import image_size
from tfkd.methods.detectors import pyramid_pairs
from tfkd.methods.detectors import same_regions

CARD = Card(
    key="pedestrian_hkd",
    status="simplified",
    simplified=(
        "regions are labelled boxes, not the proposals of a first stage, and "
        "the form of the terms is inferred"
    ),
    task="detection",
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    teacher_tap: str = "fpn",
    student_tap: str = "fpn",
    bins: int = 3,
    pyramid_weight: float = 1.0,
    region_weight: float = 1.0,
    soft_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Labels are boxes, see `tfkd.tasks.detection`.

    Args:
        teacher: Detector.
        student: Detector of the same regions and classes.
        pairs: `((teacher_tap, student_tap), ...)` of the pyramids; the
            stages and `"fpn"` if absent.
        teacher_tap: Map that regions are sampled from.
        student_tap: Likewise of the student.
        bins: Rows and columns that are sampled in a region, at least 1.
        pyramid_weight: b >= 0, a number or schedule.
        region_weight: g >= 0, likewise.
        soft_weight: d >= 0, likewise.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, a tap does not exist
            or is no map, or a number is out of range.
    """
    same_regions("pedestrian_hkd", teacher, student)
    if pairs is None:
        pairs = pyramid_pairs(teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            *hints(
                pairs, weights=[pyramid_weight] * len(pairs), name="pyramid"
            ),
            RegionFeatures(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                image_size=image_size("pedestrian_hkd", student),
                bins=bins,
                weight=region_weight,
                name="regions",
            ),
            RegionMatch(
                read="scores",
                distance="cross_entropy",
                weight=soft_weight,
                name="scores",
            ),
        ],
        student_loss_weight=task_weight,
    )
