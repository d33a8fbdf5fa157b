"""SEAN: a mean teacher for segmentation looks where domains differ.

Equation:  L = a mean_S H(y, z) + b(l) mean_T mean_p w(p) 1/C
                                       sum_c (q'(p)_c - q(p)_c)^2 ,
           w = Q / mean_p Q ,  Q(p) = mean_k F'(p)_k^2 ,
           theta' <- d theta' + (1 - d) theta after every step
Symbols:   S the images with masks y, the source domain; T those without
           (-1), the target; z (batch, h, w, C) the student's logits, q their
           softmax for one noisy view; q' the teacher's for another, theta'
           its weights; F' a map of the teacher, its attention Q brought to
           the size of z; p pixels; b(l) = `weight`, ramped up for
           `ramp_steps`; d = `decay`; a = `task_weight`; l steps so far.
Paper:     Xu, Du, Zhang, Zhang, Wang & Zhang, *Self-Ensembling Attention
           Networks: Addressing Domain Shift for Semantic Segmentation*, AAAI
           2019.
Survey:    Sec 13.1 and 15.3.1, ref [260].
Differs:   confirmed from the abstract: a self-ensembling model for
           segmentation in a new domain, and attention that guides its
           consistency loss in the target domain, as regions differ in their
           gap. Inferred: that attention is the energy of the teacher's
           features, as weights of pixels; noise of the views, the ramp and
           all numbers.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import TargetConsistency
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import dense_logits
from tfkd.methods.checks import no_teacher
from tfkd.teachers import EMATeacher
from tfkd.transforms import noisy_view

CARD = Card(
    key="sean",
    teacher="none",
    status="simplified",
    simplified=(
        "attention is a map of the teacher's features, where the paper has "
        "modules that make attention-aware features, and its form is inferred"
    ),
    needs=("unlabelled",),
    task="segmentation",
    options={"ramp_steps": 2},
)


def build(
    *,
    teacher=None,
    student,
    attention_tap: str | None = None,
    weight: float = 10.0,
    ramp_steps: int = 400,
    decay: float = 0.99,
    stddev: float = 0.1,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student's average teaches.
        student: Segmenter to dense logits `(batch, height, width, classes)`,
            trained on images of the source with masks and images of the
            target without.
        attention_tap: Map of which F' is the teacher's; the last stage if
            absent.
        weight: b >= 0 after the ramp. A schedule is b itself.
        ramp_steps: Of the ramp, at least 1.
        decay: d in [0, 1).
        stddev: Of the noise on both views, >= 0, in the units of x.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the noise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, logits are not dense, the tap is
            no map, or a number is out of range.
    """
    no_teacher("sean", teacher)
    dense_logits("sean", student, student)
    ramp = at_least("sean", "ramp_steps", ramp_steps, 1)
    first, second = (
        noisy_view(student.input_shape, stddev=stddev, pixels=0, seed=number)
        for number in (seed, seed + 1)
    )
    return Distiller(
        student=student,
        student_view=first,
        teacher=EMATeacher(decay),
        teacher_view=second,
        distillation_losses=TargetConsistency(
            attention_tap=attention_tap or taps.stages(student)[-1],
            weight=schedules.ramp_up(ramp, weight, "weight"),
        ),
        student_loss_weight=task_weight,
    )
