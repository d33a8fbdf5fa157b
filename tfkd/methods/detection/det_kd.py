"""Detectors by distillation: absent objects weigh more, boxes are bounded.

Equation:  L = a L_det + b 1/R sum_rc [ u p log(p / q)
                                      + v (1 - p) log((1 - p) / (1 - q)) ]
               + n 1/P sum_(r positive) s_r 1[s_r + m > t_r]
               + g mean (F_t - h(F_s))^2
Symbols:   p, q sigmoid of the teacher's and the student's score of class c
           in region r, of R; s_r, t_r squared errors of the student's and of
           the teacher's box, relative to the region; P regions that belong
           to an object; F_t, F_s features, h a 1x1 convolution, trained; u =
           1, v = `background_weight`; m = `margin`; a = `task_weight`; b =
           `soft_weight`; n = `bounded_weight`; g = `hint_weight`.
Paper:     Chen, Choi, Yu, Han & Chandraker, *Learning Efficient Object
           Detection Models with Knowledge Distillation*, NIPS 2017.
Survey:    Sec 15.2.1, ref [33].
Differs:   confirmed in public notes on the paper: soft targets whose
           cross-entropy is weighted by class, the background above the
           others; a regression that counts nothing more once the student is
           better than the teacher by a margin; a hint with an adaptation
           layer even between maps of one shape. From memory of the paper: v
           = 1.5, and 0.5 for its mu, nu and gamma, of which mu also halves
           the labels' share there, not here; m is not confirmed. Each
           class is a yes or no of its own here, its no the background;
           there a softmax has a class for it.
"""

from tfkd.distillers import Distiller
from tfkd.losses import BoundedBoxes
from tfkd.losses import RegionSoftTargets
from tfkd.methods.card import Card
from tfkd.methods.detectors import hints
from tfkd.methods.detectors import image_size
from tfkd.methods.detectors import same_regions

CARD = Card(
    key="det_kd",
    status="simplified",
    simplified=(
        "a detector of one stage has no proposals, from which the paper "
        "distils likewise, and no softmax with a background"
    ),
    task="detection",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "fpn",
    student_tap: str = "fpn",
    anchor_sizes: tuple = ((8, 8), (16, 16)),
    stride: int = 4,
    background_weight: float = 1.5,
    margin: float = 0.0,
    soft_weight: float = 0.5,
    bounded_weight: float = 0.5,
    hint_weight: float = 0.5,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Labels are boxes, see `tfkd.tasks.detection`.

    Args:
        teacher: Detector with anchors.
        student: Detector with the same anchors and classes.
        teacher_tap: F_t, a map.
        student_tap: F_s.
        anchor_sizes: `((height, width), ...)` of the anchors at every
            position, in pixels.
        stride: Pixels from one position of anchors to the next.
        background_weight: v >= 0.
        margin: m >= 0.
        soft_weight: b >= 0, a number or schedule.
        bounded_weight: n >= 0, likewise.
        hint_weight: g >= 0, likewise.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, a tap does not exist
            or is no map, or a number is out of range.
    """
    same_regions("det_kd", teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            RegionSoftTargets(
                background_weight=background_weight,
                weight=soft_weight,
                name="scores",
            ),
            BoundedBoxes(
                image_size=image_size("det_kd", student),
                anchor_sizes=anchor_sizes,
                stride=stride,
                margin=margin,
                weight=bounded_weight,
                name="boxes",
            ),
            *hints([(teacher_tap, student_tap)], weights=[hint_weight]),
        ],
        student_loss_weight=task_weight,
    )
