"""FitNets: a hint for the student's middle, then knowledge distillation.

Equation:  stage 1 (`hint_steps` steps):  L = mean (F_t - r(F_s))^2
           stage 2:  L = a H(y, softmax(z_s))
                         + b T^2 KL(softmax(z_t / T) || softmax(z_s / T))
Symbols:   F_t hint, F_s guided tap (batch, height, width, channels);
           r = 1x1 regressor, trained; T = `temperature`; a = `task_weight`;
           b = `soft_weight`.
Paper:     Romero et al., *FitNets: Hints for Thin Deep Nets*, ICLR 2015,
           arXiv:1412.6550, Eqns 2-4.
Survey:    Sec 4.2, Table 2, ref [199].
Differs:   the mean over elements instead of half their sum; `p=1` gives the
           L1 that the survey's Table 2 prints, the paper squares. Stages are
           schedules of the weights within one `fit`: in stage 1 no gradient
           but a regularizer's reaches layers after the guided one. T^2 is
           ours, as in
           `hinton_kd`; the paper's Eqn 2 has none. The paper lowers b from
           4 to 1 while it trains: pass a schedule to do so.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import Regressor

CARD = Card(
    key="fitnet",
    columns={
        "TF_t": "None",
        "TF_s": "1x1 conv",
        "Position": "Middle layer",
        "Distance": "L2",
        "Lost knowledge": "None",
    },
    options={"hint_steps": 2},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    hint_steps: int = 1000,
    temperature: float = 3.0,
    soft_weight: float = 4.0,
    task_weight: float = 1.0,
    p: int = 2,
):
    """Builds the distiller.

    Args:
        teacher: Classifier with convolutional stages.
        student: Classifier of the same classes.
        teacher_tap: The hint; the middle stage if absent.
        student_tap: The guided tap; the middle stage if absent.
        hint_steps: Steps of stage 1, at least 1.
        temperature: T > 0.
        soft_weight: b >= 0 in stage 2.
        task_weight: a >= 0 in stage 2.
        p: 2 as in the paper or 1 as in the survey.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or a number is out of range.
    """
    second = schedules.after(hint_steps, soft_weight, "soft_weight")
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap or taps.middle_stage(teacher),
                student_tap=student_tap or taps.middle_stage(student),
                student_transform=Regressor(),
                distance=LpDistance(p=p),
                weight=schedules.Piecewise([hint_steps], [1.0, 0.0]),
                name="hint",
            ),
            SoftTargets(temperature=temperature, weight=second),
        ],
        student_loss_weight=schedules.after(
            hint_steps, task_weight, "task_weight"
        ),
    )
