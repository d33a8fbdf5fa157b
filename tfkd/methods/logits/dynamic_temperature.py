"""Dynamic temperature: confusing examples get sharper targets.

Equation:  L = b T_i^2 KL(softmax(z_t / T_i) || softmax(z_s / T_i))
               + a H(y, softmax(z_s)),
           T_i = max(T + B (mean_j w_j - w_i), m) of example i in its batch
           "similarity": w = (1 - cos(z_t, z_s))^g
           "confidence": w = 1 / max_c softmax(z_s)_c
Symbols:   z_t, z_s (batch, classes) logits; T = `temperature`; B = `bias`;
           g = `power`; m = `minimum`; b = `weight`; a = `task_weight`.
Paper:     Wen, Lai & Qian, *Preparing Lessons: Improve Knowledge
           Distillation with Better Supervision*, 2019, arXiv:1911.07471,
           its Dynamic Temperature Distillation; the other half is
           `knowledge_adjustment`.
Survey:    Sec 4.1.1, Table 1, ref [249].
Differs:   T_i and both scores are confirmed from two public
           implementations, one of which has the floor m = 1 (T_i could be
           negative) and cosines of probabilities instead of logits. The
           values of T, B, g, a and b are not confirmed: B of 10 to 80 and g
           of 1/4 to 1 are in use. The mean is over the batch of one replica.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import DynamicTemperature

CARD = Card(
    key="dynamic_temperature",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
    zero_when_equal=True,
)


def build(
    *,
    teacher,
    student,
    score: str = "similarity",
    bias: float = 10.0,
    power: float = 1.0,
    minimum: float = 1.0,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes.
        score: `"similarity"` or `"confidence"`.
        bias: B >= 0; with 0 every example has the temperature T.
        power: g > 0, of similarity alone.
        minimum: m > 0.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or an argument is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(
            temperature=temperature,
            dynamic_temperature=DynamicTemperature(
                score, bias=bias, power=power, minimum=minimum
            ),
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
