"""A detector of binary weights learns the teacher's maps, easy ones first.

Equation:  L = a L_det + b sum_(k: t >= k n) mean (F_t^k - r_k(F_s^k))^2
Symbols:   F_t^k, F_s^k maps k = 0, 1, ... of a detector of full precision
           and of one whose weights are +-s in each filter; r_k nothing, or a
           1x1 convolution, trained, where they differ in shape; t the
           step; n = `stage_steps`; a = `task_weight`; b = `weight`.
Paper:     Xu, Wang, Yang & Lopez, *Training a Binary Weight Object Detector
           by Knowledge Transfer for Autonomous Driving*, ICRA 2019,
           arXiv:1804.06332.
Survey:    Sec 15.2.4, ref [256]; its text cites [262] by mistake.
Differs:   confirmed from the abstract: a detector of weights of one bit is
           trained with the aid of a teacher of full precision. That maps are
           matched, from easy tasks to hard ones, is the survey's. Inferred:
           squares, the order from the first map to the last, n and b. The
           weights are those of `tfkd.models.quantized`: XNOR-Net's, the mean
           magnitude of each filter times the signs.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.detectors import hints
from tfkd.methods.detectors import pyramid_pairs
from tfkd.methods.detectors import same_regions
from tfkd.models.quantized import quantized_layers

CARD = Card(
    key="binary_weight_det",
    status="simplified",
    simplified="the maps, their order and their distance are inferred",
    task="detection",
    options={"stage_steps": 1},
    example="""\
from tfkd.models.quantized import quantized

student = quantized(student, weights="binary", activations=None)
""",
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    stage_steps: int = 100,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Detector of full precision.
        student: `tfkd.models.quantized.quantized(model, weights="binary",
            activations=None)` of a detector, usually of the same layers.
        pairs: `((teacher_tap, student_tap), ...)` of maps, the easiest
            first; the stages and `"fpn"` if absent.
        stage_steps: n >= 1: steps until one more pair counts.
        weight: b >= 0, a number or schedule, from the step on at which a
            pair counts.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the models do not answer for the same regions, the
            student has no binary weights, there is no pair, a tap does not
            exist, or a number is out of range.
    """
    kinds = {layer.weight_kind for layer in quantized_layers(student)}
    if "binary" not in kinds:
        raise InputError(
            "binary_weight_det needs a student with layers of binary weights, "
            f"received one with weights {sorted(map(str, kinds))}. Make it "
            'with tfkd.models.quantized.quantized(model, weights="binary", '
            "activations=None)."
        )
    same_regions("binary_weight_det", teacher, student)
    if pairs is None:
        pairs = pyramid_pairs(teacher, student)
    if not pairs:
        raise InputError(
            "binary_weight_det needs at least one pair of taps, received "
            "none. Name them in `pairs`."
        )
    steps = at_least("binary_weight_det", "stage_steps", stage_steps, 1)
    weights = [
        schedules.after(number * steps, weight, "weight") if number else weight
        for number in range(len(pairs))
    ]
    alike = [
        taps.shape(teacher, first) == taps.shape(student, second)
        for first, second in pairs
    ]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=hints(pairs, weights=weights, plain=alike),
        student_loss_weight=task_weight,
    )
