"""PIEKD: of an ensemble of policies, the best teaches the others at times.

Equation:  L = sum_i a H(y, p_i) + b sum_(i != k) KL(p_k || p_i) ,
           the divergences in the last N of every P steps; k = argmin_i e_i
           when these begin; e_i <- m e_i + (1 - m) H(y, p_i)
Symbols:   p_i (batch, actions) policy i of K = `policies`, the student among
           them; p_k a constant; y recorded actions; e_i how badly policy i
           does; P = `period_steps`; N = `distilled_steps`; m = `momentum`;
           a = `task_weight`; b = `weight`.
Paper:     Hong, Nagarajan & Maeda, *Periodic Intra-Ensemble Knowledge
           Distillation for Reinforcement Learning*, 2020, arXiv:2002.00149.
Survey:    Sec 14.3.1, Eqn 23 with a hard selection, ref [101].
Differs:   confirmed in the paper's abstract and introduction: an ensemble of
           different first weights, experience that all share, periodic
           sharing of knowledge by distillation. The best policy has there
           the largest return of late episodes; recorded states have none, so
           that here it is the one that says best what was done. All policies
           are updated together, from one batch. Inferred: P, N, m.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import BestPeerTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.peers import peer_models
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="piekd",
    teacher="none",
    status="simplified",
    simplified=(
        "no policy acts: the best is chosen by the cross-entropy of recorded "
        "actions instead of by returns; soft actor-critic's update of each "
        "policy is the compiled loss, and its critics, which the paper "
        "distils by squared error, are left out"
    ),
    options={"period_steps": 2, "distilled_steps": 1},
)


def build(
    *,
    teacher=None,
    student,
    policies: int | None = None,
    period_steps: int = 200,
    distilled_steps: int = 50,
    momentum: float = 0.99,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: A further policy, or a list of them, trained as well; copies
            of the student with new weights if `None`.
        student: Policy network, to logits of actions.
        policies: K >= 2, the student included; 3 if absent and none given.
        period_steps: P, at least N.
        distilled_steps: N >= 1.
        momentum: m in [0, 1).
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise.
        seed: Whole number behind the weights of new policies.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If a policy is no model, actions differ in number, or a
            number is out of range.
    """
    if teacher is None and policies is None:
        policies = 3
    models = peer_models("piekd", teacher, student, policies, seed)
    peers = [f"peer{number}" for number in range(1, len(models) + 1)]
    tasks = [
        TaskLoss(student_tap=peer, weight=task_weight, name=f"task_{peer}")
        for peer in peers
    ]
    best = BestPeerTargets(
        taps=("logits", *peers),
        period_steps=period_steps,
        distilled_steps=distilled_steps,
        momentum=momentum,
        weight=weight,
    )
    return Distiller(
        student=student,
        network=taps.with_peers(student, models),
        teacher=SelfTeacher(),
        distillation_losses=[*tasks, best],
        student_loss_weight=task_weight,
    )
