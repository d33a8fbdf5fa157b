"""OKDDip: diverse peers teach each other, then their mean the leader.

Equation:  L = a (sum_i H(y, p_i) + H(y, p_s))
               + w(l) T^2 [sum_i KL(softmax(t_i / T) || softmax(z_i / T))
                           + KL(softmax(1/m sum_i z_i / T)
                                || softmax(z_s / T))]
           t_i = sum_j a_ij z_j ,  a_ij = softmax_j((W_q h_i) . (W_k h_j))
           w(l) = b exp(-5 (1 - l/R)^2) while l < R, then b
Symbols:   z_i (batch, classes) logits of auxiliary peer i of m = `peers`;
           z_s of the student, the group leader, which is kept; h_i the
           peer's features, averaged over positions; W_q, W_k trained
           matrices; T = `temperature`; a = `task_weight`; b = `weight`; R =
           `ramp_steps`; l optimizer steps so far.
Paper:     Chen, Mei, Wang, Feng & Chen, *Online Knowledge Distillation with
           Diverse Peers*, AAAI 2020, arXiv:1912.00350.
Survey:    Sec 7.6 and 8.3, Eqns 24 and 28, Table 6, ref [32].
Differs:   confirmed from the authors' code: 3 peers and a leader, T = 3,
           b = 1, a ramp of 80 epochs, queries and keys of an eighth of the
           width without bias and without a division by the root of it,
           logits (not probabilities) mixed, sums over peers, gradients in
           both sides of each divergence, which is what trains W_q and W_k.
           That code adds 1e-7 to the targets' probabilities.
"""

from keras import layers

from tfkd import schedules
from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.losses import Consistency
from tfkd.losses import TaskLoss
from tfkd.methods import branches
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.teachers import SelfTeacher
from tfkd.transforms import PeerAttention

CARD = Card(
    key="okddip",
    teacher="none",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "Y",
        "Major losses": "L_CE+L_Ens+L_KD",
    },
    options={"ramp_steps": 2},
)


def build(
    *,
    teacher=None,
    student,
    peers: int | None = None,
    trunk_tap: str | None = None,
    feature_tap: str | None = None,
    units: int | None = None,
    temperature: float = 3.0,
    weight: float = 1.0,
    ramp_steps: int = 31250,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None` for peers that are branches of the student
            (branch-based), or a list of networks of the same classes that
            are trained as well (network-based).
        student: Classifier: the group leader.
        peers: m >= 2; 3 branches if absent, or as many as are given.
        trunk_tap: Where branches part: they are copies, with new weights, of
            all layers after it. The last stage but one if absent.
        feature_tap: Tap of the peers that h is the mean of; their last stage
            if absent.
        units: Width of queries and keys; an eighth of that of h if absent.
        temperature: T > 0.
        weight: b >= 0. A schedule is w itself.
        ramp_steps: R, at least 1.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of branches.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the leader's.

    Raises:
        InputError: If peers do not fit, a tap is unknown, or a number is out
            of range.
    """
    ramp_steps = at_least("okddip", "ramp_steps", ramp_steps, 1)
    group = branches.group(
        "okddip",
        teacher,
        student,
        count=peers,
        usual=3,
        smallest=2,
        trunk_tap=trunk_tap,
        feature_tap=feature_tap,
        seed=seed + 1,
    )
    names = [f"peer{number + 1}" for number in range(len(group.members))]

    def extra(tensors, ends):
        logits = [end["logits"] for end in ends]
        features = [end["features"] for end in ends]
        targets = PeerAttention(units, name="attention")([*features, *logits])
        return {
            **dict(zip(names, logits)),
            **{f"target_{n}": t for n, t in zip(names, targets)},
            "group": layers.Average(name="group", dtype="float32")(logits),
        }

    pairs = {"group": "logits", **{f"target_{n}": n for n in names}}
    tasks = [
        TaskLoss(student_tap=name, weight=task_weight, name=f"task_{name}")
        for name in names
    ]
    ramp = schedules.ramp_up(ramp_steps, weight, "weight")
    targets = [
        Consistency(
            first_tap=target,
            second_tap=own,
            distance=SoftmaxKL(temperature),
            weight=ramp,
            name=f"{own}_from_{target}",
        )
        for target, own in pairs.items()
    ]
    return Distiller(
        student=student,
        network=group.network(student, ["logits"], extra),
        teacher=SelfTeacher(),
        distillation_losses=[*tasks, *targets],
        distillation_loss_weights=[1.0] * len(tasks)
        + [temperature**2] * len(targets),
        student_loss_weight=task_weight,
    )
