"""Overhaul: margin ReLU and partial L2 on features before the ReLU.

Equation:  L = a H(y, softmax(z_s))
               + b sum_k 2^(k - K) d(max(F_t^k, m^k), r(F_s^k)),
           d(t, s) = sum_i 0 if s_i <= t_i <= 0 else (t_i - s_i)^2,
           m_c = E[x | x < 0], x ~ N(beta_c, gamma_c^2)
Symbols:   F^k (batch, height, width, channels) pre-activation at the end of
           layer group k of K; r = 1x1 convolution and batch normalization,
           trained; beta, gamma of the teacher's batch normalization before
           that activation; b = `weight`; a = `task_weight`.
Paper:     Heo, Kim, Yun, Park, Kwak & Choi, *A Comprehensive Overhaul of
           Feature Distillation*, ICCV 2019, arXiv:1904.01866, Sec 3.
           Factors 2^(k - K), b = 1 / 1000 and -3 |gamma_c| where negative
           responses are rarer than 0.1 % from the authors' code.
Survey:    Sec 4.2 and 16, Table 2, which prints ref [213] for [93].
Differs:   in a residual block, the batch normalization is that of the
           residual branch, as in the authors' code. `margin="batch"`
           averages the batch's negative responses, for teachers without
           batch normalization. The student's map is averaged to the
           teacher's size. The teacher normalizes by its moving averages;
           theirs is in training mode, and by the batch's.
"""

import numpy as np

from tfkd import taps
from tfkd.distances import PartialL2
from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import MarginReLU
from tfkd.transforms import Regressor
from tfkd.transforms import expected_negative

CARD = Card(
    key="heo_overhaul",
    columns={
        "TF_t": "Margin ReLU",
        "TF_s": "1x1 conv",
        "Position": "Pre-ReLU",
        "Distance": "Partial L2",
        "Lost knowledge": "Negative features",
    },
    options={"margin": "batch"},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    margin: str = "statistics",
    weight: float = 0.001,
    task_weight: float = 1.0,
    reduce: str = "sum",
):
    """Builds the distiller.

    Args:
        teacher: Network whose stages end in batch normalization and an
            activation.
        student: Network with stages.
        pairs: `((teacher_tap, student_tap), ...)` of pre-activations, from
            first to last; those of the stages if absent.
        margin: `"statistics"` of the teacher's batch normalization, or
            `"batch"`.
        weight: b >= 0.
        task_weight: a >= 0.
        reduce: `"sum"` or `"mean"` over features.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, no batch normalization makes the
            teacher's, or an argument is out of range.
    """
    if margin not in ("statistics", "batch"):
        raise unknown("margin of heo_overhaul", margin, ["statistics", "batch"])
    pairs = pairs or [
        (taps.pre_activation(teacher, t), taps.pre_activation(student, s))
        for t, s in taps.stage_pairs(teacher, student)
    ]
    losses = [
        FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            teacher_transform=MarginReLU(
                "batch" if margin == "batch" else _margins(teacher, teacher_tap)
            ),
            student_transform=Regressor(use_bias=False, normalize=True),
            distance=PartialL2(reduce),
            weight=weight,
            name="overhaul_" + student_tap.partition(":")[0],
        )
        for teacher_tap, student_tap in pairs
    ]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        distillation_loss_weights=[
            2.0**-k for k in reversed(range(len(losses)))
        ],
        student_loss_weight=task_weight,
    )


def _margins(teacher, tap):
    layer = taps.batch_normalization(teacher, tap)
    ones = np.ones(layer.moving_mean.shape)
    gamma = np.asarray(layer.gamma) if layer.scale else ones
    beta = np.asarray(layer.beta) if layer.center else 0.0 * ones
    return expected_negative(beta, np.abs(gamma))
