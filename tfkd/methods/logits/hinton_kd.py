"""Knowledge distillation: labels and the teacher's softened classes.

Equation:  L = a H(y, softmax(z_s))
               + b T^2 KL(softmax(z_t / T) || softmax(z_s / T))
Symbols:   z_t, z_s (batch, classes) logits; T = `temperature`;
           a = `task_weight`; b = `weight`; H cross-entropy.
Paper:     Hinton, Vinyals & Dean, *Distilling the Knowledge in a Neural
           Network*, 2015, arXiv:1503.02531.
Survey:    Sec 2 and 4.1.1, Eqns 1-2, Table 1, ref [96].
Differs:   KL instead of cross-entropy between softened classes: the same
           gradient, zero when student and teacher agree. The survey's Eqn 2
           omits T^2, which the paper asks for. The paper weighs labels
           "considerably lower" without a number: 0.1 here.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="hinton_kd",
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
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
):
    """Builds the distiller.

    Args:
        teacher: Classifier, or a `tfkd.teachers.Teacher` with logits.
        student: Classifier of the same classes.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0; labels are not needed where it is 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(temperature=temperature, weight=weight),
        student_loss_weight=task_weight,
    )
