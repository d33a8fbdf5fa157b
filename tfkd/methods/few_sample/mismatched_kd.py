"""Mismatched stimulus: the teacher answers on images of another data set.

Equation:  L = b T^2 KL(softmax(z_t(x) / T) || softmax(z_s(x) / T))
               + a H(y, softmax(z_s(x))),
           x of a few images of the task, and of many of another data set
Symbols:   z_t, z_s (batch, classes) logits; T = `temperature`; b = `weight`;
           a = `task_weight`; y labels, -1 for images of the other data set.
Paper:     Kulkarni, Patil & Karande, *Knowledge distillation using unlabeled
           mismatched images*, ICLR 2017 workshop, arXiv:1703.07131.
Survey:    Sec 10.1, Eqn 2, ref [123].
Differs:   confirmed from the paper's abstract: the other images carry no
           label, complete or replace a small set of the task's, and should
           be complex. `tfkd.sources.as_stimulus` fits them to the network's
           input, `tfkd.sources.with_unlabelled` puts them beside the others.
           Not confirmed: T, 4 here, and whether labels count; here they do
           not, by default.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="mismatched_kd",
    zero_when_equal=True,
    needs=("unlabelled",),
)


def build(
    *,
    teacher,
    student,
    temperature: float = 4.0,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of the task.
        student: Classifier of the same classes.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

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
