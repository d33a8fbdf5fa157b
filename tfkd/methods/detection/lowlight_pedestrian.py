"""Low light: a detector of two sensors teaches one of colour alone.

Equation:  L = a L_det + b sum_k mean (F_t^k(x') - r_k(F_s^k(x)))^2
               + g 1/R sum_r mean_c KL(B(z_t,rc) || B(z_s,rc))
               + d 1/|S| sum_(r in S) mean_i h(t_ri - s_ri)
Symbols:   x a colour image; x' it and the thermal image of the same moment;
           F_t^k(x'), F_s^k(x) maps of teacher and student, r_k 1x1
           convolutions, trained; z scores of class c in region r, of R, B(z)
           the Bernoulli distribution of probability sigmoid(z); t, s boxes
           relative to the region, S those regions of which the teacher is
           sure by m = `threshold`; h Huber's loss; a = `task_weight`; b =
           `hint_weight`; g = `soft_weight`; d = `box_weight`.
Paper:     Kruthiventi, Sahay & Biswal, *Low-light Pedestrian Detection from
           RGB Images using Multi-modal Knowledge Distillation*, ICIP 2017.
Survey:    Sec 15.2.2, ref [121].
Differs:   confirmed from the title and the survey's text: the teacher sees
           colour and thermal images, the student colour alone, hint layers
           carry what both sensors show, and the teacher's answers are soft
           targets. Inferred: which maps, squares, divergence, and weights.
"""

from tfkd.distillers import Distiller
from tfkd.methods.card import Card
from tfkd.methods.detectors import answers
from tfkd.methods.detectors import hints
from tfkd.methods.detectors import pyramid_pairs
from tfkd.methods.detectors import same_regions

CARD = Card(
    key="lowlight_pedestrian",
    status="simplified",
    simplified="the losses are inferred from the survey's description",
    needs=("views",),
    task="detection",
    options={"threshold": 0.0},
    example="""\
x = {"student": x / 8, "teacher": np.repeat(x, 2, axis=-1)}
teacher = task.model(input_shape=(32, 32, 2), filters=(12, 24, 48))
""",
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    threshold: float = 0.5,
    hint_weight: float = 1.0,
    soft_weight: float = 1.0,
    box_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries pairs of one scene: `x = {"student": colour,
    "teacher": colour and thermal}`, and boxes as labels.

    Args:
        teacher: Detector of both sensors, such as of four channels.
        student: Detector of the same regions and classes, of colour alone.
        pairs: `((teacher_tap, student_tap), ...)` of maps; the stages and
            `"fpn"` if absent.
        threshold: m in [0, 1).
        hint_weight: b >= 0, a number or schedule.
        soft_weight: g >= 0, a number or schedule.
        box_weight: d >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models are no such detectors, a tap does not exist
            or is no map, or a number is out of range.
    """
    same_regions("lowlight_pedestrian", teacher, student)
    if pairs is None:
        pairs = pyramid_pairs(teacher, student)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            *hints(pairs, weights=[hint_weight] * len(pairs)),
            *answers(
                score_weight=soft_weight,
                box_weight=box_weight,
                threshold=threshold,
            ),
        ],
        student_loss_weight=task_weight,
    )
