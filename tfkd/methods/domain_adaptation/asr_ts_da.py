"""Adaptive teacher-student learning: from clean speech to noisy.

Equation:  L = - sum_u sum_k [ w_u p_T(k | u) + (1 - w_u) 1[k = y_u] ]
                   log p_S(k | u) / U + const. ,  w_u = p_T(y_u | u)
Symbols:   u = 1 ... U tokens of an utterance, or one; p_T softmax of the
           teacher's logits (batch, tokens, classes) for the utterance in the
           source domain, p_S of the student's for the same one in the target
           domain; y tokens, -1 for those that are not known: the teacher's
           p_T alone. The constant is the target's entropy, so that L is a
           divergence, times `weight`.
Paper:     Meng, Li, Gaur & Gong, *Domain Adaptation via Teacher-Student
           Learning for End-to-End Speech Recognition*, ASRU 2019,
           arXiv:2001.01798.
Survey:    Sec 15.3.2, ref [168].
Differs:   confirmed from the abstract: parallel utterances, the teacher's
           token posteriors as soft labels, a pair of adaptive weights for
           soft and one-hot labels at each token, estimated from both of
           them. Inferred: that w is the teacher's probability of the right
           token, and 1 - w the label's weight. `adaptive=False` is the
           paper's unsupervised T/S learning.
"""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.transforms import ConfidentLabelMix

CARD = Card(
    key="asr_ts_da",
    status="simplified",
    simplified=(
        "the weight's form is inferred, and a decoder is given the same "
        "earlier tokens as its teacher by the inputs, not by the teacher's "
        "best guess"
    ),
    needs=("views",),
)


def build(
    *,
    teacher,
    student,
    adaptive: bool = True,
    weight: float = 1.0,
    task_weight: float = 0.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of utterances or of each of their tokens, in the
            source domain: it sees `x["teacher"]`.
        student: Classifier of the same tokens in the target domain, which
            sees `x["student"]`; usually starts as the teacher.
        adaptive: Whether labels count besides the teacher.
        weight: Factor of L, >= 0, a number or schedule.
        task_weight: Of the loss that is compiled, >= 0; L has the labels
            already.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If classes differ in number, or a number is out of range.
    """
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(
            temperature=1.0,
            correction=ConfidentLabelMix() if adaptive else None,
            weight=weight,
            name="adaptive_targets" if adaptive else "soft_targets",
        ),
        student_loss_weight=task_weight,
    )
