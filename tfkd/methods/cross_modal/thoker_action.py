"""Action recognition: videos teach two networks of skeletons, and they each.

Equation:  L_i = b H(argmax p_T(v), p_i(s))
                     + c / (K - 1) sum_(j != i) KL(p_j(s) || p_i(s))
                     + a H(y, p_i(s)) ,   p_j a constant in L_i
Symbols:   v a video, s the sequence of poses in it; p_T (batch, classes)
           probabilities by the teacher, p_i those by network i of K, the
           student among them; y labels, where there are any;
           b = `weight`; c = `mutual_weight`; a = `task_weight`. In nats.
Paper:     Thoker & Gall, *Cross-Modal Knowledge Distillation for Action
           Recognition*, ICIP 2019, arXiv:1910.04641.
Survey:    Sec 12.2.1, Table 9, ref [226]; Eqns 2 and 27.
Differs:   confirmed from the abstract: no labels, pairs of sequences alone;
           a small ensemble of students that learn mutually; cross-entropy
           with what the teacher says instead of a divergence from it.
           Inferred: that this is the class it names, both weights, and the
           mean over the other networks, as in deep mutual learning. All
           move at once.
"""

from tfkd import taps
from tfkd.distances import SoftmaxKL
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.peers import peer_models
from tfkd.teachers import EnsembleTeacher
from tfkd.teachers import SelfTeacher
from tfkd.transforms import HardTargets

CARD = Card(
    key="thoker_action",
    columns={
        "Uses labels": "N",
        "Source modality": "RGB video",
        "Target modality": "Skeleton data",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Logits",
        "Model compression": "N",
    },
    needs=("views",),
)


def build(
    *,
    teacher,
    student,
    partner: object | None = None,
    peers: int | None = None,
    weight: float = 1.0,
    mutual_weight: float = 1.0,
    task_weight: float = 0.0,
    seed: int = 0,
):
    """Builds the distiller.

    Every batch carries pairs: `x = {"student": poses, "teacher": video}`.

    Args:
        teacher: Classifier of videos.
        student: Classifier of poses, of the same classes.
        partner: Another classifier of poses, or a list of them, trained in
            place; a copy of the student with new weights if absent.
        peers: K >= 2, the student included; 2 if absent, or as many as are
            given.
        weight: b >= 0, a number or schedule.
        mutual_weight: c >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of new networks.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a network is no model, classes differ in number, or a
            number is out of range.
    """
    partners = peer_models(
        "thoker_action", partner, student, peers, seed, argument="partner"
    )
    others = [f"peer{number}" for number in range(1, len(partners) + 1)]
    members = ["logits", *others]
    answers = [
        FeatureMatch(
            teacher_tap="0/logits",
            student_tap=own,
            teacher_transform=HardTargets(),
            distance=SoftmaxKL(),
            weight=weight,
            name=f"answer_{own}",
        )
        for own in members
    ]
    tasks = [
        TaskLoss(student_tap=own, weight=task_weight, name=f"task_{own}")
        for own in others
        if task_weight != 0
    ]
    mutual = [
        SoftTargets(
            temperature=1.0,
            teacher_tap=f"1/{other}",
            student_tap=own,
            weight=mutual_weight,
            name=f"{own}_from_{other}",
        )
        for own in members
        for other in members
        if own != other
    ]
    alone = len(answers) + len(tasks)
    return Distiller(
        student=student,
        network=taps.with_peers(student, partners),
        teacher=EnsembleTeacher([teacher, SelfTeacher()]),
        distillation_losses=[*answers, *tasks, *mutual],
        distillation_loss_weights=[1.0] * alone
        + [1.0 / len(partners)] * len(mutual),
        student_loss_weight=task_weight,
    )
