"""AB: the student's neurons switch on where the teacher's do.

Equation:  stage 1 (`boundary_steps` steps):
             L = b sum_k 2^(k - K) sum_i rho(t_i) relu(m - r(s)_i)^2
                                   + (1 - rho(t_i)) relu(m + r(s)_i)^2,
             rho(t) = 1 where t > 0, else 0
           stage 2:  L = a H(y, softmax(z_s))
                         + c T^2 KL(softmax(z_t / T) || softmax(z_s / T))
Symbols:   t, s (batch, height, width, channels) pre-activations at the end
           of layer group k of K; r = 1x1 convolution and batch
           normalization, trained; m = `margin`; b = `weight`;
           a = `task_weight`; c = `soft_weight`; T = `temperature`.
Paper:     Heo, Lee, Yun & Choi, *Knowledge Transfer via Distillation of
           Activation Boundaries Formed by Hidden Neurons*, AAAI 2019,
           arXiv:1811.03233. Factors 2^(k - K) and b = 3 / 1000 of a sum over
           neurons from the authors' code (as RepDistiller has it).
Survey:    Sec 4.2, Table 2, ref [94].
Differs:   stages are schedules of the weights within one `fit`. Stage 2 is
           plain training (c = 0) unless `soft_weight` is given.
           `reduce="mean"` divides by the number of neurons. Where maps
           differ in size, r also brings the student's to the teacher's. The
           authors' code has no r where widths agree, and an option for
           stage 2 on soft targets alone, T = 3, without T^2.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distances import ActivationBoundary
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import Regressor

CARD = Card(
    key="ab",
    columns={
        "TF_t": "Binarization",
        "TF_s": "1x1 conv",
        "Position": "Pre-ReLU",
        "Distance": "Margin L2",
        "Lost knowledge": "Feature values",
    },
    options={"boundary_steps": 2, "soft_weight": 1.0},
)


def build(
    *,
    teacher,
    student,
    pairs: tuple | None = None,
    boundary_steps: int = 1000,
    margin: float = 1.0,
    weight: float = 0.003,
    task_weight: float = 1.0,
    soft_weight: float = 0.0,
    temperature: float = 3.0,
    reduce: str = "sum",
):
    """Builds the distiller.

    Args:
        teacher: Network with stages that end in an activation.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)` of pre-activations, from
            first to last; those of the stages if absent.
        boundary_steps: Steps of stage 1, at least 1.
        margin: m > 0.
        weight: b >= 0 in stage 1.
        task_weight: a >= 0 in stage 2.
        soft_weight: c >= 0 in stage 2; 0 leaves soft targets out.
        temperature: T > 0.
        reduce: `"sum"` or `"mean"` over neurons.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or has no activation, or a number
            is out of range.
    """
    pairs = pairs or [
        (taps.pre_activation(teacher, t), taps.pre_activation(student, s))
        for t, s in taps.stage_pairs(teacher, student)
    ]
    factors = [2.0**-k for k in reversed(range(len(pairs)))]
    first = schedules.before(boundary_steps, weight, "weight")
    losses = [
        FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            student_transform=Regressor(use_bias=False, normalize=True),
            distance=ActivationBoundary(margin, reduce),
            weight=first,
            name="ab_" + student_tap.partition(":")[0],
        )
        for teacher_tap, student_tap in pairs
    ]
    if soft_weight:
        second = schedules.after(boundary_steps, soft_weight, "soft_weight")
        losses.append(SoftTargets(temperature=temperature, weight=second))
        factors.append(1.0)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        distillation_loss_weights=factors,
        student_loss_weight=schedules.after(
            boundary_steps, task_weight, "task_weight"
        ),
    )
