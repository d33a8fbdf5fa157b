"""MCOD: networks of several structures follow their ensemble, at times.

Equation:  L_i = a H(y, p_i) + w(l) T^2 KL(q || softmax(z_i / T)) ,
           q = 1/K sum_j softmax(z_j / T), a constant
           w(l) = b min(l/R, 1) in the last `on_steps` of every
           `period_steps` steps, else 0
Symbols:   z_i (batch, classes) logits of network i of K, the student among
           them; T = `temperature`; a = `task_weight`; b = `weight`; R =
           `ramp_steps`; l optimizer steps so far.
Paper:     Gao, Lan, Mi, Feng, Xu & Peng, *Multistructure-Based Collaborative
           Online Distillation*, Entropy 21(4):357, 2019.
Survey:    Sec 8.1 and 8.3, Eqn 28, ref [71].
Differs:   confirmed from the abstract: networks of different structures,
           trained on-line; their ensemble as the teacher of each; distillation
           that is discontinuous, so that they stay diverse; a constraint that
           grows. Inferred: the mean of probabilities, T, and that w grows
           from 0 along a line.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.peers import peer_models
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="mcod",
    status="simplified",
    simplified=(
        "the paper's own timing of pauses and growth, which could not be "
        "confirmed: here both are regular, and set by arguments"
    ),
    teacher="none",
    options={"period_steps": 2, "on_steps": 1, "ramp_steps": 2},
)


def build(
    *,
    teacher=None,
    student,
    peers: int | None = None,
    period_steps: int = 1000,
    on_steps: int = 500,
    ramp_steps: int = 40000,
    temperature: float = 3.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A network or a list of networks of the same classes and best
            of other structures, which are trained as well; `None` for copies
            of the student with new weights.
        student: Classifier.
        peers: K >= 2, the student included; 2 if absent, or as many as are
            given.
        period_steps: Steps from one distillation to the next, at least 1.
        on_steps: Steps that each lasts, at least 1; all of a period is
            distillation without pause.
        ramp_steps: R, at least 1.
        temperature: T > 0, a number or schedule.
        weight: b >= 0. A schedule is w itself while distillation is on.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of copies.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If a network is no model, classes differ in number, or a
            number is out of range.
    """
    models = peer_models("mcod", teacher, student, peers, seed)
    members = ["logits", *(f"peer{i + 1}" for i in range(len(models)))]
    if not isinstance(weight, schedules.Schedule):
        top = schedules.get(weight, "weight", minimum=0.0).value
        ramp_steps = at_least("mcod", "ramp_steps", ramp_steps, 1)
        weight = schedules.Linear(0.0, top, ramp_steps)
    weight = schedules.Intermittent(weight, period_steps, on_steps)
    return Distiller(
        student=student,
        network=taps.with_peers(student, models),
        teacher=SelfTeacher(),
        distillation_losses=[
            *(
                TaskLoss(
                    student_tap=own, weight=task_weight, name=f"task_{own}"
                )
                for own in members[1:]
            ),
            *(
                EnsembleSoftTargets(
                    teacher_taps=members,
                    student_tap=own,
                    temperature=temperature,
                    weight=weight,
                    name=f"soft_targets_{own}",
                )
                for own in members
            ),
        ],
        student_loss_weight=task_weight,
    )
