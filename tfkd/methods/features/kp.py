"""Knowledge projection: the best pair of layers is found while training.

Equation:  L = a H(y, softmax(z_s)) + b / |R| sum_((t, s) in R)
               mean |P_ts F_t - F_s|
               every n steps the route of the largest mean |P_ts F_t - F_s| /
               mean |F_s| leaves R, until `keep` are left
Symbols:   F_t, F_s (batch, ..., channels) middle layers of teacher and
           student; P_ts the trained projection matrix of a route, a 1x1
           convolution; R the routes that are left, all pairs of layers at
           first; n = `interval_steps`; a = `task_weight`; b = `weight`.
Paper:     Zhang, Ning & He, *Knowledge Projection for Effective Design of
           Thinner and Faster Deep Neural Networks*, arXiv:1710.09505.
Survey:    Sec 4.2, Table 2, ref [288].
Differs:   confirmed from the abstract: a projection matrix from an
           intermediate layer of the teacher to one of the student, both
           selected during training by a joint loss, iteratively. L1 is the
           survey's. Inferred: that routes train side by side, sharing the
           task loss, so that their projection losses alone rank them, and
           relative to the map. Maps of other size are averaged.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import KnowledgeProjection
from tfkd.methods.card import Card

CARD = Card(
    key="kp",
    status="simplified",
    simplified=(
        "the paper's joint loss for routes could not be confirmed: routes are "
        "trained side by side and ranked by relative projection loss"
    ),
    columns={
        "TF_t": "Projection matrix",
        "TF_s": "Projection matrix",
        "Position": "Middle layers",
        "Distance": "L1 + KP loss",
        "Lost knowledge": "Spatial dimensions",
    },
    options={"interval_steps": 1},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    keep: int = 1,
    interval_steps: int = 1000,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network with stages.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)` candidate routes; every
            stage of the teacher with every stage of the student if absent.
        keep: Routes that are left, at least 1.
        interval_steps: n >= 1.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the layers of a route differ in rank, or a number is
            out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=KnowledgeProjection(
            routes=pairs or taps.all_pairs(teacher, student),
            keep=keep,
            interval_steps=interval_steps,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
