"""ILOD: a detector of more classes answers as the old one for its regions.

Equation:  L = a L_det + b 1/N sum_(r in R) [ 1/n sum_k (u_t,rk - u_s,rk)^2
                                      + 1/4 sum_i (t_ri - s_ri)^2 ] ,
           u_rk = z_rk - mean_k' z_rk'
Symbols:   r regions; z_t, z_s their logits, of the old detector's n classes
           and of all of the student's, u those of the n classes less the mean
           of each network's own; t, s boxes relative to the region; R the N =
           `regions` drawn at each step from the M = `candidates` in which
           the old detector sees background least; a = `task_weight`; b =
           `weight`.
Paper:     Shmelkov, Schmid & Alahari, *Incremental Learning of Object
           Detectors without Catastrophic Forgetting*, ICCV 2017,
           arXiv:1708.06977.
Survey:    Sec 14.2.1, ref [214].
Differs:   confirmed in the authors' code: N = 64 of M = 128, squares of
           centred logits and of boxes, both as means, each with a factor of
           1, and logits centred by the mean of all of a network's own. There
           a region has a box for each class, here one for all.
"""

from tfkd.distillers import Distiller
from tfkd.methods.card import Card
from tfkd.methods.old_detector import checked_detectors
from tfkd.methods.old_detector import scores_and_boxes

CARD = Card(
    key="iod_shmelkov",
    status="simplified",
    simplified=(
        "regions are the anchors of a detector of one stage, not proposals "
        "for Fast R-CNN, and the largest class score stands for the missing "
        "one of background"
    ),
    task="detection",
    options={"candidates": 24, "regions": 12},
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
    candidates: int = 128,
    regions: int = 64,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Labels are boxes of new classes, see `tfkd.tasks.detection`; nothing is
    known of old objects in these images.

    Args:
        teacher: The old detector, of n classes.
        student: `tfkd.models.grown_detector.grow_detector(teacher, m)`.
        candidates: M >= 1; all regions where there are fewer.
        regions: N >= 1, at most M.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the draws.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, or a number is out
            of range.
    """
    checked_detectors("iod_shmelkov", teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=scores_and_boxes(
            scores={"centred": True},
            boxes={},
            weights=(weight, weight),
            candidates=candidates,
            regions=regions,
            seed=seed,
        ),
        student_loss_weight=task_weight,
    )
