"""MOD: mixtures of networks teach their members, and one of all, them.

Equation:  m_g = sum_i w_gi(x) z_gi ,  m = sum_g w_g(x) m_g ,
               w = softmax(W BN(mean x) + b) of each mixture
           L = a [sum_gi H(y, z_gi) + sum_g H(y, m_g) + H(y, m)]
               + c sum_gi KL(softmax(m_g / T) || softmax(z_gi / T))
               + d sum_g KL(softmax(m / T') || softmax(m_g / T'))
Symbols:   z_gi (batch, classes) logits of network i of group g, the student
           being the first of the first; x what the gates read, averaged over
           frames or positions; BN batch normalization; a = `task_weight`;
           c = `weight`, T = `temperature`; d = `final_weight`,
           T' = `final_temperature`.
Paper:     Lin, Xiao & Fan, *MOD: A Deep Mixture Model with Online Knowledge
           Distillation for Large Scale Video Temporal Concept Localization*,
           2019, arXiv:1910.12295.
Survey:    Sec 8 and 8.3, ref [141]; Eqn 28 nested twice.
Differs:   nothing in the loss: its sums, T = T' = 1, c = d = 1 without a
           factor T^2 (their last stage has T = T' = 20, c = d = 400), 3
           networks a group and 4 groups, and gates on the mean of what all
           networks see are those of the authors' code, and so are gradients
           in both sides of a divergence. There labels are
           several, with a binary cross-entropy; here H is that of classes,
           and that which is compiled for the student.
"""

from tfkd import taps
from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.losses import Consistency
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.methods.peers import peer_models
from tfkd.teachers import SelfTeacher
from tfkd.transforms import GatedEnsemble

CARD = Card(
    key="mod_video",
    teacher="none",
    status="simplified",
    simplified=(
        "what is kept is one network, the student, where the paper's answer "
        "is the mixture of all"
    ),
    options={"groups": 2, "members": 2},
)


def build(
    *,
    teacher=None,
    student,
    groups: int = 4,
    members: int = 3,
    gate_tap: str | None = None,
    temperature: float = 1.0,
    final_temperature: float = 1.0,
    weight: float = 1.0,
    final_weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the networks teach each other.
        student: Classifier with a known graph, such as one of clips.
        groups: Groups of networks, at least 2.
        members: Networks a group, at least 2; the others than the student are
            copies of it with new weights.
        gate_tap: Tap of the student that is x; its inputs if absent.
        temperature: T > 0.
        final_temperature: T' > 0.
        weight: c >= 0, a number or schedule.
        final_weight: d >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of the copies.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If there is a teacher, a tap does not exist, or a number
            is out of range.
    """
    no_teacher("mod_video", teacher)
    groups = at_least("mod_video", "groups", groups, 2)
    members = at_least("mod_video", "members", members, 2)
    copies = peer_models("mod_video", None, student, groups * members, seed)
    names = ["logits", *(f"peer{n}" for n in range(1, len(copies) + 1))]
    parts = [names[g * members : (g + 1) * members] for g in range(groups)]
    mixtures = [f"group{number}" for number in range(1, groups + 1)]

    def extra(inputs, tensors):
        read = inputs if gate_tap is None else tensors[gate_tap]
        ends = {
            name: taps.Peer(copy, name=name)(inputs)
            for name, copy in zip(names[1:], copies)
        }
        every = {**tensors, **ends}
        for name, part in {
            **dict(zip(mixtures, parts)),
            "mixture": mixtures,
        }.items():
            gate = GatedEnsemble(normalize_first=True, name=name)
            every[name] = gate([read, *(every[own] for own in part)])
        return {name: every[name] for name in (*ends, *mixtures, "mixture")}

    def follow(source, own, temperature, weight):
        return Consistency(
            first_tap=source,
            second_tap=own,
            distance=SoftmaxKL(temperature),
            weight=weight,
            name=f"{own}_from_{source}",
        )

    known = ["logits", *([] if gate_tap is None else [gate_tap])]
    return Distiller(
        student=student,
        network=taps.extend(student, known, extra),
        teacher=SelfTeacher(),
        distillation_losses=[
            *(
                TaskLoss(
                    student_tap=name, weight=task_weight, name=f"task_{name}"
                )
                for name in (*names[1:], *mixtures, "mixture")
            ),
            *(
                follow(mixture, own, temperature, weight)
                for mixture, part in zip(mixtures, parts)
                for own in part
            ),
            *(
                follow("mixture", own, final_temperature, final_weight)
                for own in mixtures
            ),
        ],
        student_loss_weight=task_weight,
    )
