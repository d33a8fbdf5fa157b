"""Deep mutual learning: students teach each other while they learn.

Equation:  L_i = a H(y, p_i) + b / (K - 1) sum_{j != i} T^2 KL(p_j || p_i)
           p_i = softmax(z_i / T) in the divergence; p_j a constant
Symbols:   z_i (batch, classes) logits of peer i of K = `peers`, the student
           among them; a = `task_weight`; b = `weight`; T = `temperature`,
           1 in the paper.
Paper:     Zhang et al., *Deep Mutual Learning*, CVPR 2018,
           arXiv:1706.00384.
Survey:    Sec 4.1.4 and 7.6, Eqns 9 and 27, Tables 1 and 6, ref [287].
Differs:   peers are updated together, from one forward pass of each, instead
           of one after the other. The survey's Eqn 27 prints the sum of both
           directions; each peer follows its own one only, as in the paper.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.peers import peer_models
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="dml",
    teacher="none",
    columns={
        "Method": "Ensemble of distribution",
        "Objective": "Eqn. 9",
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "Y",
        "Major losses": "L_CE+KL",
    },
)


def build(
    *,
    teacher=None,
    student,
    peers: int | None = None,
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A peer, or a list of peers, that is trained as well: models
            of the same classes. Copies of the student with new weights if
            `None`.
        student: Classifier.
        peers: K >= 2, the student included; 2 if absent, or as many as are
            given.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of new peers.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If a peer is no model, classes differ in number, or a
            number is out of range.
    """
    models = peer_models("dml", teacher, student, peers, seed)
    members = ["logits", *(f"peer{i + 1}" for i in range(len(models)))]
    tasks = [
        TaskLoss(student_tap=own, weight=task_weight, name=f"task_{own}")
        for own in members[1:]
    ]
    mutual = [
        SoftTargets(
            temperature=temperature,
            teacher_tap=other,
            student_tap=own,
            weight=weight,
            name=f"{own}_from_{other}",
        )
        for own in members
        for other in members
        if own != other
    ]
    return Distiller(
        student=student,
        network=taps.with_peers(student, models),
        teacher=SelfTeacher(),
        distillation_losses=[*tasks, *mutual],
        distillation_loss_weights=[1.0] * len(tasks)
        + [1.0 / len(models)] * len(mutual),
        student_loss_weight=task_weight,
    )
