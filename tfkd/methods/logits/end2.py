"""Ensemble distribution distillation: mean and diversity of an ensemble.

Equation:  L = b [-1/M sum_m ln Dir(p_m; alpha)] + a H(y, softmax(z_s)),
           alpha = exp(z_s / T),  p_m = (1 - e) softmax(z_m / T) + e / C
           T is T_0 for n_0 steps, falls linearly to 1 in n_1 steps, and
           stays 1
Symbols:   z_m, z_s (batch, C) logits of member m of M and of the student;
           T_0 = `temperature`; n_0 = `hold_steps`; n_1 = `anneal_steps`;
           e = `smoothing`; b = `weight`; a = `task_weight`.
Paper:     Malinin, Mlodozeniec & Gales, *Ensemble Distribution
           Distillation*, ICLR 2020, arXiv:1905.00076.
Survey:    Sec 4.1.4, Table 1, ref [163]; the survey's Eqns 9 and 23 average
           the members, which this method does not.
Differs:   confirmed from the authors' code: the likelihood, alpha, one T on
           both sides, the shape of its schedule, and the smoothing. An
           early version has e = 1e-7 and, as here, no factor T^2; a later
           one multiplies the loss by T^2 and has e = 1e-3. Not confirmed:
           T_0 = 10, n_0 and n_1, which depend on the data; e = 1e-4 here,
           as 1e-7 is below the rounding of probabilities in float32.
           Besides the transfer set of inputs no labels are needed: a = 0.
"""

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.losses import DirichletLikelihood
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.teachers import as_ensemble

CARD = Card(
    key="end2",
    teacher="many",
    columns={
        "Method": "Ensemble of distribution",
        "Objective": "Eqn. 9",
    },
)


def build(
    *,
    teacher,
    student,
    temperature: float = 10.0,
    hold_steps: int = 2000,
    anneal_steps: int = 2000,
    smoothing: float = 1e-4,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: A list of classifiers, the members of the ensemble.
        student: Classifier of the same classes; its logits are the
            logarithms of a Dirichlet distribution's concentrations, and its
            softmax the ensemble's mean prediction.
        temperature: T_0 >= 1.
        hold_steps: n_0 >= 0.
        anneal_steps: n_1 >= 1.
        smoothing: e in (0, 1).
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, or a number is out of
            range.
    """
    ensemble = as_ensemble(teacher)
    hold = at_least("end2", "hold_steps", hold_steps, 0)
    start = schedules.get(temperature, "temperature", minimum=1.0).value
    annealed = schedules.Linear(
        start, 1.0, at_least("end2", "anneal_steps", anneal_steps, 1)
    )
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=DirichletLikelihood(
            teacher_taps=[f"{i}/logits" for i in range(len(ensemble.members))],
            temperature=(
                schedules.Until(hold, start, annealed) if hold else annealed
            ),
            smoothing=smoothing,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
