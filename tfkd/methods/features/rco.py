"""RCO: the student follows the route on which the teacher learned.

Equation:  L_k = a H(y, softmax(z_s))
                 + b T^2 KL(softmax(z_t^i / T) || softmax(z_s / T))
                 + c mean (F_t^i - r(F_s))^2,   i = min(k // n, anchors - 1)
Symbols:   z_t^i, F_t^i logits and a tap of the teacher's i-th anchor, a
           checkpoint of its training, from early to converged; z_s, F_s the
           student's; r a 1x1 convolution or dense layer; k steps so far; n =
           `interval_steps`; T = `temperature`; a = `task_weight`;
           b = `weight`; c = `hint_weight`.
Paper:     Jin, Peng, Wu, Liu, Liu, Liang, Yan & Hu, *Knowledge Distillation
           via Route Constrained Optimization*, ICCV 2019, arXiv:1904.09149.
Survey:    Sec 4.2, Table 2, ref [110] (once spelled "CRO").
Differs:   confirmed from abstract and introduction: anchors of the teacher's
           route instead of the converged teacher, for soft targets, hints
           and mimicking. Anchors at equal intervals of epochs are the
           paper's first strategy (public code has it too); its greedy search
           for anchors is not here: pass those that you chose. T, a and b are
           those of `hinton_kd`. Table 2's L2 is the hint.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.teachers import RouteTeacher
from tfkd.transforms import Regressor

CARD = Card(
    key="rco",
    teacher="many",
    status="simplified",
    simplified=(
        "the greedy search for anchors is left out: those that are given "
        "teach for equally many steps each"
    ),
    columns={
        "TF_t": "None",
        "TF_s": "None",
        "Position": "Teacher's train route",
        "Distance": "L2",
        "Lost knowledge": "None",
    },
    options={"interval_steps": 1, "hint_weight": 1.0},
    example="""\
# Two checkpoints of one training.
other = tfkd.models.build("cnn", filters=(16, 32, 64), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    interval_steps: int = 10000,
    temperature: float = 4.0,
    weight: float = 0.9,
    hint_weight: float | None = None,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    task_weight: float = 0.1,
):
    """Builds the distiller.

    Args:
        teacher: A list of the teacher's checkpoints, from early to
            converged: `keras.Model`s or paths of `.keras` files.
        student: Classifier of the same classes.
        interval_steps: n >= 1, steps that each anchor teaches; the last one
            teaches to the end.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        hint_weight: c >= 0, a number or schedule; no such term if absent.
        teacher_tap: F_t of the hint; the last stage if absent.
        student_tap: F_s of the hint; the last stage if absent.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If there is no anchor, anchors or classes differ, a tap is
            given without its term, or a number is out of range.
    """
    route = RouteTeacher(
        list(teacher) if isinstance(teacher, (list, tuple)) else [teacher],
        interval_steps,
    )
    losses = [SoftTargets(temperature=temperature, weight=weight)]
    if hint_weight is not None:
        losses.append(
            FeatureMatch(
                teacher_tap=teacher_tap or taps.stages(route.members[-1])[-1],
                student_tap=student_tap or taps.stages(student)[-1],
                student_transform=Regressor(),
                weight=hint_weight,
                name="hint",
            )
        )
    elif teacher_tap or student_tap:
        raise InputError(
            "The taps of rco belong to its hint, received teacher_tap="
            f"{teacher_tap!r}, student_tap={student_tap!r} and hint_weight="
            "None. Give hint_weight, or leave them out."
        )
    return Distiller(
        student=student,
        teacher=route,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
