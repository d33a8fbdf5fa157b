"""Incremental detection: hints, all regions' answers, and confidence.

Equation:  L = a L_det + l_1 mean (F_t - F_s)^2
               + l_2 1/|R| sum_(r in R) [ 1/n sum_k KL(B(z_t,rk) || B(z_s,rk))
                                  + 1/4 sum_i (t_ri - s_ri)^2 ]
               + l_3 1/|A| sum_(r in A) KL(B(max_k z_t,rk) || B(max_k z_s,rk))
Symbols:   r regions, A all of them, R those with max_k sigmoid(z_t,rk) >= m;
           z_t, z_s logits of the old detector's n classes, B(z) the
           Bernoulli distribution of probability sigmoid(z); t, s boxes
           relative to the region; F_t, F_s features; m = `threshold`; a =
           `task_weight`; l_1 = `hint_weight`; l_2 = `weight`; l_3 =
           `confidence_weight`.
Paper:     Chen, Yu & Chen, *A New Knowledge Distillation for Incremental
           Object Detection*, IJCNN 2019.
Survey:    Sec 15.2.1, ref [36].
Differs:   confirmed from the abstract: distillation of classes and of
           locations, a hint that keeps the initial model's features, and a
           loss of its confidence. Inferred: the form of each of them (the
           confidence of a region is its largest score), and the weights.
"""

from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import RegionMatch
from tfkd.methods.card import Card
from tfkd.methods.old_detector import checked_detectors
from tfkd.methods.old_detector import scores_and_boxes

CARD = Card(
    key="iod_chen",
    status="simplified",
    simplified=(
        "a detector of one stage has no intermediate proposals beside its "
        "final regions, and the form of the terms is inferred"
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
    threshold: float = 0.1,
    hint_weight: float = 1.0,
    weight: float = 1.0,
    confidence_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Labels are boxes of new classes, see `tfkd.tasks.detection`.

    Args:
        teacher: The old detector, of n classes.
        student: `tfkd.models.grown_detector.grow_detector(teacher, m)`.
        feature_tap: Name of F_t and F_s, of the same shape in both.
        threshold: m in [0, 1).
        hint_weight: l_1 >= 0, a number or schedule.
        weight: l_2 >= 0, a number or schedule.
        confidence_weight: l_3 >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, a tap does not exist
            or differs in shape, or a number is out of range.
    """
    checked_detectors("iod_chen", teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=feature_tap,
                student_tap=feature_tap,
                weight=hint_weight,
                name="hint",
            ),
            *scores_and_boxes(
                scores={"distance": "cross_entropy"},
                boxes={},
                weights=(weight, weight),
                threshold=threshold,
            ),
            RegionMatch(
                read="confidence",
                distance="cross_entropy",
                weight=confidence_weight,
                name="confidence",
            ),
        ],
        student_loss_weight=task_weight,
    )
