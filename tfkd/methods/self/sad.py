"""SAD: each block looks where the next deeper block looks.

Equation:  Q(F) = softmax(vec(B(sum_c |F_c|^2)))
           L = a H(y, student(x))
               + b sum_m mean over positions of (Q(F_m) - Q(F_(m+1)))^2
               from step `start_step` on, before that the first term alone
Symbols:   F_m (batch, height, width, channels) end of block m; B bilinear
           resizing to the size of block m; Q(F_(m+1)) a constant;
           a = `task_weight`; b = `weight`.
Paper:     Hou, Ma, Liu & Loy, *Learning Lightweight Lane Detection CNNs by
           Self Attention Distillation*, ICCV 2019, arXiv:1908.00821.
Survey:    Sec 11.2, Table 8 (row "Hou [104]"; [104] is another paper).
Differs:   confirmed: distillation between blocks from deep to shallow, of a
           model trained to a reasonable level (abstract); sum of squares,
           bilinear resizing, softmax, mean of squares (public code).
           Inferred: b and `start_step`. Public code lets gradients reach the
           deeper block. A network for lanes has a decoder and a second loss
           for their presence: compile the losses of the task.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SelfTeacher
from tfkd.transforms import AttentionDistribution

CARD = Card(
    key="sad",
    teacher="none",
    columns={
        "Logits": "N",
        "Hints": "Attention maps",
        "Data augmentation": "N",
        "Deep supervision": "Y",
        "One stage": "Y",
        "Multi-task": "N",
        "Architecture transformation": "N",
    },
    options={"start_step": 1, "weight": 10.0},
)


def build(
    *,
    teacher=None,
    student,
    blocks: tuple | None = None,
    start_step: int = 40000,
    weight: float = 0.1,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Network with convolutional stages, a classifier or a
            segmenter.
        blocks: Taps F_m from shallow to deep, at least two; the stages if
            absent.
        start_step: Steps of the task alone, at least 0; a shorter `fit`
            distills nothing.
        weight: b >= 0, a number or schedule of the steps after these.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, there are fewer than two blocks,
            one is not 4-D, or a number is out of range.
    """
    no_teacher("sad", teacher)
    blocks = tuple(blocks or taps.stages(student))
    if len(blocks) < 2:
        raise InputError(
            "sad needs at least two blocks, a shallow and a deeper one, "
            f"received {blocks}. Name them with `blocks`."
        )
    start_step = at_least("sad", "start_step", start_step, 0)
    weight = schedules.get(weight, "weight", minimum=0.0)
    losses = []
    for shallow, deep in zip(blocks, blocks[1:]):
        size = taps.shape(student, shallow)[1:3]
        losses.append(
            FeatureMatch(
                teacher_tap=deep,
                student_tap=shallow,
                teacher_transform=AttentionDistribution(size=size),
                student_transform=AttentionDistribution(),
                weight=schedules.After(start_step, weight),
                name=f"sad_{shallow}",
            )
        )
    return Distiller(
        student=student,
        teacher=SelfTeacher(),
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
