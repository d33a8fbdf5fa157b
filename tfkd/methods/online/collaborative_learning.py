"""Collaborative learning: heads of one trunk learn from their consensus.

Equation:  L = sum_h [ a H(y, p_h) + b T^2 KL(q_h || softmax(z_h / T)) ] ,
           q_h = softmax(1 / (H - 1) sum_(j != h) z_j / T), a constant
           dL/dx = 1/H sum_h dL_h/dx for the trunk's features x
Symbols:   z_h (batch, classes) logits of head h of H = `heads`, the
           student's own among them; p_h = softmax(z_h); T = `temperature`;
           a = `task_weight`; b = `weight`, 1/2 both.
Paper:     Song & Chai, *Collaborative Learning for Deep Neural Networks*,
           NeurIPS 2018, arXiv:1805.11761.
Survey:    Sec 7.4 and 8.2, Eqn 28, Table 6, ref [216].
Differs:   confirmed from the abstract and a public code: consensus of the
           other heads' mean logits, without gradient; gradients into the
           shared layers divided by the heads at the split; halves of both
           terms; T = 2. KL instead of cross-entropy: the same gradient. The
           factor T^2, as in `hinton_kd`, is ours: that code has none, which
           is a quarter of b here. Heads part at one tap (the paper's simple
           sharing of intermediate representations); its hierarchical sharing
           splits again and again. The student's head is kept.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import unknown
from tfkd.losses import EnsembleSoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods import branches
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SelfTeacher
from tfkd.transforms import ScaledGradient

CARD = Card(
    key="collaborative_learning",
    teacher="none",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "Y",
        "On-line": "Y",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_KD",
    },
)


def build(
    *,
    teacher=None,
    student,
    heads: int = 4,
    trunk_tap: str | None = None,
    temperature: float = 2.0,
    weight: float = 0.5,
    task_weight: float = 0.5,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`.
        student: Classifier with a known graph.
        heads: H >= 2.
        trunk_tap: The layer whose outputs are x: the other heads are copies,
            with new weights, of all layers after it. The last stage but one
            if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of the copies.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If there is a teacher, the student has no such layer, or
            a number is out of range.
    """
    no_teacher("collaborative_learning", teacher)
    count = at_least("collaborative_learning", "heads", heads, 2)
    trunk = branches.parts_at("collaborative_learning", student, trunk_tap)
    if trunk not in taps.names(student):
        raise unknown("layer of the student", trunk, taps.names(student))
    group = branches.branches(
        "collaborative_learning",
        student,
        {"logits": "logits"},
        count=count - 1,
        trunk_tap=trunk,
        seed=seed + 1,
    )

    def rescale(name, layer, args, outputs):
        if name != trunk:
            return outputs
        return ScaledGradient(1.0 / count, dtype=outputs.dtype)(outputs)

    def extra(tensors, ends):
        return {f"head{n + 1}": end["logits"] for n, end in enumerate(ends)}

    members = ["logits", *(f"head{n}" for n in range(1, count))]
    return Distiller(
        student=student,
        network=group.network(student, ["logits"], extra, rescale),
        teacher=SelfTeacher(),
        distillation_losses=[
            *(
                TaskLoss(
                    student_tap=head, weight=task_weight, name=f"task_{head}"
                )
                for head in members[1:]
            ),
            *(
                EnsembleSoftTargets(
                    teacher_taps=[head for head in members if head != own],
                    student_tap=own,
                    temperature=temperature,
                    fuse="logits",
                    weight=weight,
                    name=f"consensus_{own}",
                )
                for own in members
            ),
        ],
        student_loss_weight=task_weight,
    )
