"""FSP: the student's layers follow one another as the teacher's do.

Equation:  G_ij = 1 / (H W) sum_hw F1_hwi F2_hwj
           stage 1 (`flow_steps` steps):  L = b sum_k d(G_t^k, G_s^k)
             distance "frobenius":  d = sum_ij (G_t - G_s)_ij^2
             distance "mean":       the same, divided by its elements
             distance "columns":    d = sum_j sqrt(sum_i (G_t - G_s)_ij^2)
           stage 2:  L = a H(y, softmax(z_s))
Symbols:   F1, F2 (batch, height, width, channels) first and last map of a
           group of layers, the larger pooled to H, W; k groups;
           b = `weight` (the paper's lambda, equal for all groups);
           a = `task_weight`.
Paper:     Yim, Joo, Bae & Kim, *A Gift from Knowledge Distillation: Fast
           Optimization, Network Minimization and Transfer Learning*, CVPR
           2017, Eqns 1-2.
Survey:    Sec 4.2, Table 2, ref [274].
Differs:   groups run from one stage's end to the next one's. Stages are
           schedules of the weights within one `fit`. Public code also uses
           "mean" with average pooling (RepDistiller) and "columns"
           (torchdistill).
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distances import L21Distance
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import FSPMatrix

CARD = Card(
    key="fsp",
    columns={
        "TF_t": "FSP matrix",
        "TF_s": "FSP matrix",
        "Position": "End of layer group",
        "Distance": "L2",
        "Lost knowledge": "Spatial dimensions",
    },
    zero_when_equal=True,
    options={"flow_steps": 2, "distance": "columns"},
    example="""\
teacher = tfkd.models.build("resnet", filters=(4, 8, 16), **shapes)
""",
)

_DISTANCES = {
    "frobenius": LpDistance(p=2, reduce="sum"),
    "mean": LpDistance(p=2, reduce="mean"),
    "columns": L21Distance(axis=1),
}


def build(
    *,
    teacher,
    student,
    groups: tuple | None = None,
    flow_steps: int = 1000,
    weight: float = 1.0,
    task_weight: float = 1.0,
    distance: str = "frobenius",
    pool: str = "max",
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages.
        student: Likewise, with the teacher's numbers of channels.
        groups: `((teacher_first, teacher_last), (student_first,
            student_last))` for each group; neighbouring stages if absent.
        flow_steps: Steps of stage 1, at least 1.
        weight: b >= 0 in stage 1.
        task_weight: a >= 0 in stage 2.
        distance: `"frobenius"`, `"mean"` or `"columns"`.
        pool: `"max"` or `"average"`, where maps of a group differ in size.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If channels differ, a tap is not 4-D, or an argument is
            out of range.
    """
    if distance not in _DISTANCES:
        raise unknown("distance of fsp", distance, _DISTANCES)
    first = schedules.before(flow_steps, weight, "weight")
    losses = []
    for teacher_taps, student_taps in groups or _groups(teacher, student):
        _check_channels(teacher, teacher_taps, student, student_taps)
        losses.append(
            FeatureMatch(
                teacher_tap=tuple(teacher_taps),
                student_tap=tuple(student_taps),
                teacher_transform=FSPMatrix(pool),
                student_transform=FSPMatrix(pool),
                distance=_DISTANCES[distance],
                weight=first,
                name=f"fsp_{student_taps[-1]}",
            )
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        student_loss_weight=schedules.after(
            flow_steps, task_weight, "task_weight"
        ),
    )


def _groups(teacher, student):
    pairs = taps.stage_pairs(teacher, student)
    if len(pairs) < 2:
        raise InputError(
            "fsp needs at least two stages that both models have, received "
            f"{pairs}. Name groups of taps with `groups`."
        )
    return [tuple(zip(*two)) for two in zip(pairs, pairs[1:])]


def _check_channels(teacher, teacher_taps, student, student_taps):
    found = [
        [taps.shape(model, tap) for tap in names]
        for model, names in ((teacher, teacher_taps), (student, student_taps))
    ]
    channels = [[shape[-1] for shape in shapes] for shapes in found]
    if channels[0] != channels[1]:
        raise InputError(
            "fsp needs a student with the teacher's numbers of channels at "
            f"the taps, received teacher {found[0]} and student {found[1]}. "
            "Give the student these widths and fewer layers, or use a method "
            "that does not need them, such as at or nst."
        )
