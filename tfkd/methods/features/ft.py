"""Factor transfer: a paraphrase of the teacher, translated by the student.

Equation:  stage 1 (`paraphraser_steps` steps):  L = mean (F_t - P(F_t))^2
           stage 2:  L = a H(y, softmax(z_s))
                         + b mean |f_t / ||f_t||_2 - f_s / ||f_s||_2|,
                     f_t = factor(F_t), f_s = translator(F_s)
Symbols:   F_t, F_s (batch, height, width, channels) end of the last layer
           group; P a convolutional autoencoder, factor its code of k times
           as many channels, frozen in stage 2; k = `rate`;
           b = `weight`; a = `task_weight`; norms over whole factors.
Paper:     Kim, Park & Kwak, *Paraphrasing Complex Network: Network
           Compression via Factor Transfer*, NeurIPS 2018, arXiv:1802.04977,
           Sec 3.
Survey:    Sec 4.2, Table 2, ref [117]; L1 there, listed under L2 in
           Sec 4.2.4.
Differs:   the mean over elements that the authors' code takes and b = 500
           fits; `reduce="sum"` is the norm as printed. `p=2` is the paper's
           other choice, here the norm itself. Stages are schedules of the
           weights within one `fit`: in stage 1 only its own regularizers,
           statistics and weight decay move the student. Where maps differ in
           size, the student's is averaged.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FactorTransfer
from tfkd.methods.card import Card

CARD = Card(
    key="ft",
    columns={
        "TF_t": "Encoder-decoder",
        "TF_s": "Encoder-decoder",
        "Position": "End of layer group",
        "Distance": "L1",
        "Lost knowledge": "Channel and spatial dimensions",
    },
    options={"paraphraser_steps": 2},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    paraphraser_steps: int = 1000,
    rate: float = 0.5,
    weight: float = 500.0,
    task_weight: float = 1.0,
    p: int = 1,
    reduce: str = "mean",
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages.
        student: Likewise.
        teacher_tap: Name of F_t; the last stage if absent.
        student_tap: Name of F_s; the last stage if absent.
        paraphraser_steps: Steps of stage 1, at least 1.
        rate: k > 0, channels of the factor over those of F_t.
        weight: b >= 0 in stage 2.
        task_weight: a >= 0 in stage 2.
        p: 1 or 2.
        reduce: `"mean"` or `"sum"` over the factor's elements.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap is not 4-D, or a number is out of range.
    """
    weight = schedules.get(weight, "weight", minimum=0.0)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FactorTransfer(
            teacher_tap=teacher_tap or taps.stages(teacher)[-1],
            student_tap=student_tap or taps.stages(student)[-1],
            paraphraser_steps=paraphraser_steps,
            rate=rate,
            distance=LpDistance(p=p, reduce=reduce, root=p == 2),
            weight=schedules.Until(paraphraser_steps, 1.0, weight),
        ),
        student_loss_weight=schedules.after(
            paraphraser_steps, task_weight, "task_weight"
        ),
    )
