"""CIFRCN: what the old detector finds is no background for the new one.

Equation:  L = a L_det(y + o) + b 1/|R| sum_(r in R) [
                   1/n sum_k KL(B(z_t,rk) || B(z_s,rk))
                   + c 1/4 sum_i h(t_ri - s_ri) ] ,
           R = {r: max_k sigmoid(z_t,rk) >= m}
Symbols:   r regions; z_t, z_s logits of the old detector's n classes, B(z)
           the Bernoulli distribution of probability sigmoid(z); t, s boxes
           relative to the region; h Huber's loss; y boxes of new classes, o
           what the old detector finds: regions that are no background; m =
           `threshold`; a = `task_weight`, b = `weight`, c = `box_weight`.
Paper:     Hao, Fu, Jiang & Tian, *An End-to-End Architecture for
           Class-Incremental Object Detection with Knowledge Distillation*,
           ICME 2019.
Survey:    Sec 15.2.1, ref [88].
Differs:   the survey says that region proposals ignore old objects and that
           the old detector's classes and boxes are distilled; the paper
           itself could not be read. Inferred: the form of all terms, m and
           the weights.
"""

from tfkd import taps
from tfkd.distillers import OldObjectsDistiller
from tfkd.errors import InputError
from tfkd.methods.card import Card
from tfkd.methods.old_detector import checked_detectors
from tfkd.methods.old_detector import scores_and_boxes
from tfkd.models import anchors

CARD = Card(
    key="iod_hao",
    status="simplified",
    simplified=(
        "a detector of one stage, whose anchors are proposals and regions at "
        "once, and the form of every term is inferred from the survey"
    ),
    task="detection",
    options={"threshold": 0.01},
    example="""\
from tfkd.models.grown_detector import grow_detector

labels[labels[..., 4] < 8] = -1  # Objects of old classes have no label.
teacher = task.model(num_classes=8)
student = grow_detector(teacher, 2)
""",
)


def build(
    *,
    teacher,
    student,
    feature_tap: str = "fpn",
    anchor_sizes: tuple = ((8, 8), (16, 16)),
    threshold: float = 0.3,
    limit: int = 32,
    weight: float = 1.0,
    box_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Labels are boxes of new classes; compile with `tfkd.tasks.detection.loss`,
    or another that leaves out regions of class -2.

    Args:
        teacher: The old detector, of n classes.
        student: `tfkd.models.grown_detector.grow_detector(teacher, m)`.
        feature_tap: The student's map that boxes are predicted from.
        anchor_sizes: `((height, width), ...)` of the anchors at every
            position, in pixels.
        threshold: m in (0, 1).
        limit: Regions of old objects an image, at most; at least 1.
        weight: b >= 0, a number.
        box_weight: c >= 0, a number.
        task_weight: a >= 0, a number or schedule.

    Returns:
        An `OldObjectsDistiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, the image's size is
            not known, anchors do not fit, or a number is out of range.
    """
    checked_detectors("iod_hao", teacher, student)
    image, features = student.input_shape, taps.shape(student, feature_tap)
    if len(image) != 4 or len(features) != 4 or None in image[1:3]:
        raise InputError(
            "iod_hao needs images (batch, height, width, channels) of known "
            f"size and a map, received inputs {image} and a tap of shape "
            f"{features}. Name the map that boxes are predicted from."
        )
    grid = anchors.grid(image[1:3], features[1:3], anchor_sizes)
    return OldObjectsDistiller(
        student=student,
        teacher=teacher,
        anchors=grid.reshape(-1, 4),
        threshold=threshold,
        limit=limit,
        distillation_losses=scores_and_boxes(
            scores={"distance": "cross_entropy"},
            boxes={"distance": "huber"},
            weights=(weight, weight * box_weight),
            threshold=threshold,
        ),
        student_loss_weight=task_weight,
    )
