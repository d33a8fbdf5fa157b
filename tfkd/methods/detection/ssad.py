"""Adaptive distillation: scores that are hard to learn or to mimic.

Equation:  L = a L_det + b sum_rc (1 - exp(-K_rc - e H_rc))^g K_rc
                           / max(1, sum_rc p_rc^n)
               + d mean_U 1/|R| sum_(r in R) mean_i h(t_ri - s_ri)
Symbols:   K_rc = KL(p || q), p, q sigmoid of the teacher's and the student's
           score of class c in region r; H the teacher's entropy; U images
           without labels, R their regions of which the teacher is sure by
           m = `threshold`; t, s boxes relative to the region, h Huber's
           loss; g = `focus`, e = `entropy_weight`, n = `power`; a =
           `task_weight`; b = `weight`; d = `box_weight`. In nats.
Paper:     Tang, Feng, Shao, Kuang, Zhang & Chen, *Learning Efficient
           Detector with Semi-supervised Adaptive Distillation*, BMVC 2019,
           arXiv:1901.00366.
Survey:    Sec 15.2.1, ref [224], which calls it on-line: the teacher is
           trained before.
Differs:   confirmed in the authors' code: the adaptive factor, with entropy
           and divergence in it, g = 2, e = 1, the sum of p^1.8 in the
           denominator, and hard boxes by the teacher for images without
           labels. There the sum is over a batch and its pyramid, less the
           regions that labels leave aside, here over all of an image; there K
           is a cross-entropy, weighted 0.5, here the paper's divergence, as
           the survey prints it. m and d are not confirmed. Labels of an
           image without any are those of `tfkd.tasks.detection.unlabelled`.
"""

from tfkd.distillers import Distiller
from tfkd.losses import RegionMatch
from tfkd.losses import RegionSoftTargets
from tfkd.methods.card import Card
from tfkd.methods.detectors import same_regions

CARD = Card(
    key="ssad",
    needs=("unlabelled",),
    zero_when_equal=True,
    task="detection",
    options={"threshold": 0.0},
    example="""\
labels[::3] = task.unlabelled(len(labels[::3]))  # A third has no boxes.
""",
)


def build(
    *,
    teacher,
    student,
    focus: float = 2.0,
    entropy_weight: float = 1.0,
    power: float = 1.8,
    threshold: float = 0.5,
    weight: float = 1.0,
    box_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Detector.
        student: Detector of the same regions and classes, trained on images
            with boxes and on images without.
        focus: g, 0 or at least 1.
        entropy_weight: e >= 0.
        power: n > 0.
        threshold: m in [0, 1).
        weight: b >= 0, a number or schedule.
        box_weight: d >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, or a number is out
            of range.
    """
    same_regions("ssad", teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            RegionSoftTargets(
                focus=focus,
                entropy_weight=entropy_weight,
                power=power,
                weight=weight,
                name="scores",
            ),
            RegionMatch(
                read="boxes",
                distance="huber",
                threshold=threshold,
                unlabelled_only=True,
                weight=box_weight,
                name="boxes",
            ),
        ],
        student_loss_weight=task_weight,
    )
