"""Moonshine: the teacher with cheap convolutions, taught to look as it does.

Equation:  Q(F) = vec(sum_c F_c^2) / ||vec(sum_c F_c^2)||_2
           L = a H(y, softmax(z_s))
               + b 3 / n sum_j mean (Q(F_t^j) - Q(F_s^j))^2
Symbols:   F^j (batch, height, width, channels) end of layer group j of n;
           z_s (batch, classes) logits; b = `weight`; a = `task_weight`; H
           task loss. The student is the teacher with its convolutions
           replaced: `tfkd.models.cheap_convs.cheapen(teacher, ...)`.
Paper:     Crowley, Gray & Storkey, *Moonshine: Distilling with Cheap
           Convolutions*, NeurIPS 2018, arXiv:1711.02613.
Survey:    Sec 11.4, Table 8, ref [48].
Differs:   loss, b = 1000 for three groups and the blocks are those of the
           authors' released code, which also has ACDC transforms and dilated
           2x2 kernels as blocks; these are not offered.
"""

import functools

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.methods.card import Card
from tfkd.methods.maps import map_losses
from tfkd.transforms import AttentionMap

CARD = Card(
    key="moonshine",
    columns={
        "Logits": "N",
        "Hints": "Attention map",
        "Data augmentation": "N",
        "Deep supervision": "N",
        "One stage": "N",
        "Multi-task": "N",
        "Architecture transformation": "Y",
    },
    zero_when_equal=True,
    example="""\
from tfkd.models.cheap_convs import cheapen

student = cheapen(teacher, bottleneck=2, groups=2)
""",
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    weight: float = 1000.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages.
        student: The teacher rewritten, with the same stages.
        pairs: `((teacher_tap, student_tap), ...)`; all stages if absent.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the student has not the teacher's stages, or a number
            is out of range.
    """
    if pairs is None:
        pairs = tuple((tap, tap) for tap in taps.stages(teacher))
        _check_rewritten(teacher, student, pairs)
    losses = map_losses(
        teacher=teacher,
        student=student,
        pairs=pairs,
        transform=functools.partial(AttentionMap, 2),
        distance=LpDistance(p=2, reduce="mean"),
        weight=weight,
        name="at",
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        distillation_loss_weights=[3.0 / len(losses)] * len(losses),
        student_loss_weight=task_weight,
    )


def _check_rewritten(teacher, student, pairs):
    stages = dict.fromkeys(taps.stages(student))
    shapes = {
        tap: (
            taps.shape(teacher, tap),
            taps.shape(student, tap) if tap in stages else None,
        )
        for tap, _ in pairs
    }
    wrong = {tap: pair for tap, pair in shapes.items() if pair[0] != pair[1]}
    if wrong:
        raise InputError(
            "The student of moonshine must be the teacher with cheaper "
            "convolutions, so that their stages have the same shapes; "
            f"received (teacher's, student's) {wrong}. Make it with "
            "tfkd.models.cheap_convs.cheapen(teacher, groups='depthwise'), or "
            "name `pairs` of taps."
        )
