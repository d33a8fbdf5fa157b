"""VID: the student keeps information about the teacher's features.

Equation:  L = a H(y, softmax(z_s)) + b sum_k mean_i
               1/2 [(t_i - mu_i(s))^2 / v_c + log v_c],
           v_c = softplus(alpha_c) + eps, c the channel of i
Symbols:   t, s (batch, height, width, channels) end of layer group k;
           mu = three 1x1 convolutions with ReLUs between, alpha (channels,),
           both trained; b = `weight` (the paper's lambda);
           a = `task_weight`; eps = `epsilon`.
Paper:     Ahn, Hu, Damianou, Lawrence & Dai, *Variational Information
           Distillation for Knowledge Transfer*, CVPR 2019, arXiv:1904.05835.
Survey:    Sec 3, 4.1.1 and 4.2, Tables 1 and 2, ref [7]; Eqn 5 with a
           Gaussian q. Table 2 prints KL as the distance: it is a negative
           log-likelihood.
Differs:   the mean over elements (as in RepDistiller, where b = 1) instead
           of the sum, which is `reduce="sum"`. No constant log(2 pi) / 2, so
           the loss can be negative. Where maps differ in size, the student's
           is averaged to the teacher's.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import VariationalGaussian
from tfkd.methods.card import Card

CARD = Card(
    key="vid",
    columns={
        "TF_t": "None",
        "TF_s": "1x1 conv",
        "Position": "Middle layers",
        "Distance": "Gaussian negative log-likelihood",
        "Lost knowledge": "None",
    },
    options={"reduce": "sum", "weight": 0.01},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    weight: float = 1.0,
    task_weight: float = 1.0,
    reduce: str = "mean",
    initial_variance: float = 5.0,
    epsilon: float = 1e-5,
):
    """Builds the distiller.

    Args:
        teacher: Network with stages.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)`; the stages, paired from
            the last, if absent.
        weight: b >= 0.
        task_weight: a >= 0.
        reduce: `"mean"` or `"sum"` over the features of a tap.
        initial_variance: v_c at the start, > `epsilon`.
        epsilon: eps > 0, the smallest variance.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If two taps differ in rank, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            VariationalGaussian(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                reduce=reduce,
                initial_variance=initial_variance,
                epsilon=epsilon,
                weight=weight,
                name=f"vid_{student_tap}",
            )
            for teacher_tap, student_tap in (
                pairs or taps.stage_pairs(teacher, student)
            )
        ],
        student_loss_weight=task_weight,
    )
