"""Soft randomization: a student of noisy inputs, a teacher of clean ones.

Equation:  L = a H(y, softmax(z_s(x + e)))
               + b T^2 KL(softmax(z_t(x) / T) || softmax(z_s(x + e) / T)),
           e ~ N(0, s^2) for each element of x
Symbols:   z_t, z_s (batch, classes) logits; T = `temperature`; s = `stddev`
           in the units of x; a = `task_weight`; b = `weight`.
Paper:     Arani, Sarfraz & Zonooz, *Noise as a Resource for Learning in
           Knowledge Distillation*, arXiv:1910.05057.
Survey:    Sec 4.1.2, Eqn 7, Table 1, ref [205].
Differs:   that the student sees noise and the teacher does not is confirmed
           from the paper's abstract; weights and T are those of
           `hinton_kd`. s = 0.05 is meant for pixels up to 1: multiply it by
           255 where pixels are raw bytes.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import GaussianNoise

CARD = Card(
    key="soft_randomization",
    columns={
        "Method": "Learning from noisy labels",
        "Objective": "Eqn. 7",
    },
    zero_when_equal=True,
    options={"stddev": 0.5},
)


def build(
    *,
    teacher,
    student,
    stddev: float = 0.05,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier.
        student: Classifier of the same classes and inputs.
        stddev: s >= 0; 0 gives plain distillation.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0.
        seed: Whole number behind the noise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        student_view=GaussianNoise(stddev, seed=seed),
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
