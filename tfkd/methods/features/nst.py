"""NST: the student's neurons select the regions the teacher's select.

Equation:  x_c = vec(F_c) / ||vec(F_c)||_2
           MMD^2 = mean_ij k(x_i^t, x_j^t) + mean_ij k(x_i^s, x_j^s)
                   - 2 mean_ij k(x_i^t, x_j^s)
           L = a H(y, softmax(z_s)) + b / 2 MMD^2
             kernel "linear":    k(x, y) = x . y
             kernel "poly":      k(x, y) = (x . y + c)^2, c = 0
             kernel "gaussian":  k(x, y) = exp(-||x - y||^2 / (2 sigma^2)),
                                 sigma^2 the mean of ||x_i^t - x_j^s||^2
Symbols:   F (batch, height, width, channels) map before the pooling;
           b = `weight` (the paper's lambda); a = `task_weight`.
Paper:     Huang & Wang, *Like What You Like: Knowledge Distill via Neuron
           Selectivity Transfer*, 2017, arXiv:1707.01219, Sec 4.
Survey:    Sec 4.2 and 16.6, Table 2, ref [105]; Sec 4.2.4 cites it as [280]
           and lists it under L2.
Differs:   the authors' code leaves out the teacher's own term, a constant:
           here the loss is zero when both agree. It also leaves out the 1/2:
           its factor of 50 is b = 100 here. Where maps differ in size, the
           larger is averaged to the smaller.
"""

from tfkd import taps
from tfkd.distances import MMD
from tfkd.distillers import Distiller
from tfkd.methods.card import Card
from tfkd.methods.maps import map_losses
from tfkd.transforms import ChannelSamples

CARD = Card(
    key="nst",
    columns={
        "TF_t": "None",
        "TF_s": "None",
        "Position": "Intermediate layers",
        "Distance": "MMD",
        "Lost knowledge": "None",
    },
    zero_when_equal=True,
    options={"kernel": "gaussian"},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    kernel: str = "poly",
    weight: float = 50.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network with convolutional stages.
        student: Likewise; numbers of channels may differ.
        pairs: `((teacher_tap, student_tap), ...)`; the last stage of each if
            absent.
        kernel: `"poly"`, `"linear"` or `"gaussian"`.
        weight: b >= 0.
        task_weight: a >= 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap is not 4-D, or an argument is out of range.
    """
    pairs = pairs or taps.stage_pairs(teacher, student)[-1:]
    losses = map_losses(
        teacher=teacher,
        student=student,
        pairs=pairs,
        transform=ChannelSamples,
        distance=MMD(kernel),
        weight=weight,
        name="nst",
    )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        distillation_loss_weights=[0.5] * len(losses),
        student_loss_weight=task_weight,
    )
