"""Teaching where to see: a teacher without background guides attention.

Equation:  L = a H(y, softmax(z_s)) + b T^2 KL(softmax(z_t / T) ||
               softmax(z_s / T)) + g sum_j mean_p (Q(F_t^j) - Q(F_s^j))_p^2
           Q(F) = vec(sum_c |F_c|^2) / ||.||_2
Symbols:   z_t, z_s (batch, classes) logits of the teacher for an image whose
           background is removed, and of the student for the whole image; F^j
           (batch, height, width, channels) stages of both; p positions; T =
           `temperature`; b = `soft_weight`; g = `attention_weight`; a =
           `task_weight`; y makers of vehicles.
Paper:     Lee, Ahn, Heo, Jo & Kang, *Teaching Where to See: Knowledge
           Distillation-Based Attentive Information Transfer in Vehicle Maker
           Classification*, IEEE Access 2019.
Survey:    Sec 15.2.4, ref [133].
Differs:   confirmed from the abstract: a cascade of Mask R-CNN, which
           removes the background, and a classifier is compressed into one
           network that sees the whole image, by its attention. Inferred: the
           attention maps and the distance are those of attention transfer,
           in its released form, and soft targets go with them. The masks are
           the user's: `x["teacher"]` holds images that are masked already.
"""

import functools

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.maps import map_losses
from tfkd.transforms import AttentionMap

CARD = Card(
    key="vehicle_maker",
    status="simplified",
    simplified=(
        "the losses are inferred from the abstract, and the teacher was "
        "trained before, not in parallel with the student"
    ),
    needs=("views",),
    example="""\
masks = np.zeros_like(images)
masks[:, 7:21, 7:21] = 1.0  # What a detector says is no background.
x = {"student": images, "teacher": masks * images}
""",
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    temperature: float = 4.0,
    soft_weight: float = 1.0,
    attention_weight: float = 1000.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of images without background, of which it sees
            `x["teacher"]`.
        student: Classifier of whole images, of which it sees `x["student"]`.
        pairs: `((teacher_tap, student_tap), ...)` of maps; the stages, paired
            from the last, if absent.
        temperature: T > 0, a number or schedule.
        soft_weight: b >= 0, a number or schedule.
        attention_weight: g >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no map, classes differ in
            number, or a number is out of range.
    """
    attention = map_losses(
        teacher=teacher,
        student=student,
        pairs=pairs or taps.stage_pairs(teacher, student),
        transform=functools.partial(AttentionMap, 2),
        distance=LpDistance(p=2, reduce="mean"),
        weight=attention_weight,
        name="attention",
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            SoftTargets(temperature=temperature, weight=soft_weight),
            *attention,
        ],
        student_loss_weight=task_weight,
    )
