"""Codistillation: replicas learn from stale checkpoints of each other.

Equation:  L_i = a H(y, p_i) + b KL(1 / (K - 1) sum_{j != i} p'_j || p_i),
           the second term from step `burn_in_steps` on
Symbols:   p_i (batch, classes) predictions of replica i of K = `peers`; p'_j
           those of j with the weights it had at the last exchange, which is
           every `exchange_steps` steps; a = `task_weight`; b = `weight`.
Paper:     Anil et al., *Large Scale Distributed Neural Network Training
           through Online Distillation*, ICLR 2018, arXiv:1804.03235,
           Algorithm 1.
Survey:    Sec 7.1 and 7.6, Eqn 23, Table 6, ref [11].
Differs:   KL instead of cross-entropy to the mean prediction: the same
           gradient. Within one process all replicas see the same batches
           and are updated together; the paper's replicas see disjoint data,
           as processes with an `ExchangeTeacher` do. Confirmed from the
           paper's abstract: stale checkpoints, rarely exchanged. Not
           confirmed: the defaults of `exchange_steps` and `burn_in_steps`,
           which the paper chooses by task.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import EnsembleSoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.peers import peer_models
from tfkd.teachers import ExchangeTeacher
from tfkd.teachers import SnapshotTeacher

CARD = Card(
    key="codistillation",
    teacher="none",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "Y",
        "Major losses": "L_CE+L_Ens",
    },
    options={"exchange_steps": 2, "burn_in_steps": 1},
)


def build(
    *,
    teacher=None,
    student,
    peers: int | None = None,
    exchange_steps: int | None = None,
    burn_in_steps: int = 1000,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A replica or a list of replicas that are trained as well;
            `None` for copies of the student with new weights; or a
            `tfkd.teachers.ExchangeTeacher`, where other processes train the
            others.
        student: Classifier.
        peers: K >= 2, the student included; 2 if absent, or as many as are
            given.
        exchange_steps: Steps between two exchanges, at least 1; 50 if
            absent.
        burn_in_steps: Steps without distillation, at least 0.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of new replicas.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If a replica is no model, classes differ in number, a
            number is out of range, or an argument is given that the
            `ExchangeTeacher` decides.
    """
    start = at_least("codistillation", "burn_in_steps", burn_in_steps, 0)
    if start:
        weight = schedules.after(start, weight, "weight")
    if isinstance(teacher, ExchangeTeacher):
        _not_given(peers=peers, exchange_steps=exchange_steps)
        return Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=EnsembleSoftTargets(
                teacher_taps=["logits"], weight=weight
            ),
            student_loss_weight=task_weight,
        )
    models = peer_models("codistillation", teacher, student, peers, seed)
    members = ["logits", *(f"peer{i + 1}" for i in range(len(models)))]
    tasks = [
        TaskLoss(student_tap=own, weight=task_weight, name=f"task_{own}")
        for own in members[1:]
    ]
    targets = [
        EnsembleSoftTargets(
            teacher_taps=[other for other in members if other != own],
            student_tap=own,
            weight=weight,
            name=f"soft_targets_{own}",
        )
        for own in members
    ]
    return Distiller(
        student=student,
        network=taps.with_peers(student, models),
        teacher=SnapshotTeacher(
            50 if exchange_steps is None else exchange_steps
        ),
        distillation_losses=[*tasks, *targets],
        student_loss_weight=task_weight,
    )


def _not_given(**arguments):
    for name, value in arguments.items():
        if value is not None:
            raise InputError(
                f"{name} is decided by the ExchangeTeacher, received "
                f"{name}={value!r} as well. Leave it out."
            )
