"""Attention transfer: the student looks where the teacher looks.

Equation:  Q(F) = vec(sum_c |F_c|^p) / ||vec(sum_c |F_c|^p)||_2
           L = H(y, softmax(z_s)) + b sum_j d(Q(F_t^j), Q(F_s^j))
           mode "code":   d = mean over positions of (Q_t - Q_s)^2
           mode "paper":  d = 1/2 ||Q_t - Q_s||_2
Symbols:   F^j (batch, height, width, channels) end of layer group j;
           p = `power`; b = `weight`; H = task loss.
Paper:     Zagoruyko & Komodakis, *Paying More Attention to Attention*,
           ICLR 2017, arXiv:1612.03928, Eqn 2.
Survey:    Sec 4.2, Table 2, ref [280].
Differs:   mode "code" is what the authors released and what b = 1000 fits.
           Where maps differ in size, the larger is averaged to the smaller.
"""

import functools

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.methods.card import Card
from tfkd.methods.maps import map_losses
from tfkd.transforms import AttentionMap

CARD = Card(
    key="at",
    columns={
        "TF_t": "Attention map",
        "TF_s": "Attention map",
        "Position": "End of layer group",
        "Distance": "L2",
        "Lost knowledge": "Channel dimensions",
    },
    zero_when_equal=True,
)

_MODES = {
    "code": (LpDistance(p=2, reduce="mean"), 1.0),
    "paper": (LpDistance(p=2, reduce="sum", root=True), 0.5),
}


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    power: float = 2,
    weight: float = 1000.0,
    task_weight: float = 1.0,
    mode: str = "code",
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)`; the stages, paired from
            the last, if absent.
        power: p >= 1.
        weight: b >= 0.
        task_weight: Factor of the task loss.
        mode: `"code"` or `"paper"`.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap is not 4-D, or an argument is out of range.
    """
    if mode not in _MODES:
        raise unknown("mode of at", mode, _MODES)
    distance, factor = _MODES[mode]
    losses = map_losses(
        teacher=teacher,
        student=student,
        pairs=pairs or taps.stage_pairs(teacher, student),
        transform=functools.partial(AttentionMap, power),
        distance=distance,
        weight=weight,
        name="at",
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        distillation_loss_weights=[factor] * len(losses),
        student_loss_weight=task_weight,
    )
