"""Feature fusion learning: peers teach a fused classifier, and it them.

Equation:  L = a (sum_i H(y, p_i) + H(y, p_f))
               + w(l) T^2 [ KL(q(1/m sum_i z_i) || q(z_f))
                            + sum_i KL(q(z_f) || q(z_i)) ]
           q(z) = softmax(z / T), the first of each divergence a constant
           w(l) = b exp(-5 (1 - l/R)^2) while l < R, then b
Symbols:   z_i (batch, classes) logits of sub-network i of m, the student
           among them; z_f those of the fused classifier, which sees all
           last maps; T = `temperature`; a = `task_weight`; b = `weight`;
           R = `ramp_steps`; l optimizer steps so far.
Paper:     Kim, Hyun, Chung & Kwak, *Feature Fusion for Online Mutual
           Knowledge Distillation*, ICPR 2020, arXiv:1904.09058.
Survey:    Sec 7.6 and 8.3, Eqn 28, Table 6, ref [116].
Differs:   confirmed from the authors' code: two sub-networks that share all
           stages but the last, concatenated maps, a depthwise 3x3 and a 1x1
           convolution, each normalized and with a ReLU, the mean of logits
           as ensemble, T = 3, b = 1, a ramp of 80 epochs, and constants as
           targets. There the fusion has an optimizer of its own with a
           smaller weight decay. The student is one of the sub-networks; the
           fused classifier is the output `"fused"` of the network.
"""

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.losses import EnsembleSoftTargets
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods import branches
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.models.fusion import fused_classifier
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="ffl",
    teacher="none",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "Y",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "Y",
        "Major losses": "L_CE+L_Ens+KL",
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
    temperature: float = 3.0,
    weight: float = 1.0,
    ramp_steps: int = 31250,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None` for branches of the student, or a network or a list
            of networks of the same classes, of any kind, that are trained as
            well.
        student: Classifier.
        peers: m >= 2, the student included; 2 if absent, or as many as are
            given.
        trunk_tap: Where branches part: they are copies, with new weights, of
            all layers after it. The last stage but one if absent.
        feature_tap: Tap of the maps that are fused; the last stage of each
            if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0. A schedule is w itself.
        ramp_steps: R, at least 1.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of branches.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If networks do not fit, a tap is unknown, or a number is
            out of range.
    """
    ramp_steps = at_least("ffl", "ramp_steps", ramp_steps, 1)
    group = branches.group(
        "ffl",
        teacher,
        student,
        count=None if peers is None else at_least("ffl", "peers", peers, 2) - 1,
        usual=1,
        trunk_tap=trunk_tap,
        feature_tap=feature_tap,
        seed=seed + 1,
    )
    names = branches.logits_and_features(student, feature_tap)

    def extra(tensors, ends):
        maps = [tensors[names["features"]], *(end["features"] for end in ends)]
        classes = tensors["logits"].shape[-1]
        return {
            **{f"peer{n + 1}": end["logits"] for n, end in enumerate(ends)},
            "fused": fused_classifier(maps, classes, name="fused"),
        }

    members = ["logits", *(f"peer{n + 1}" for n in range(len(group.members)))]
    ramp = schedules.ramp_up(ramp_steps, weight, "weight")
    return Distiller(
        student=student,
        network=group.network(student, names.values(), extra),
        teacher=SelfTeacher(),
        distillation_losses=[
            *(
                TaskLoss(
                    student_tap=name, weight=task_weight, name=f"task_{name}"
                )
                for name in (*members[1:], "fused")
            ),
            EnsembleSoftTargets(
                teacher_taps=members,
                student_tap="fused",
                temperature=temperature,
                fuse="logits",
                weight=ramp,
                name="fused_from_peers",
            ),
            *(
                SoftTargets(
                    teacher_tap="fused",
                    student_tap=own,
                    temperature=temperature,
                    weight=ramp,
                    name=f"{own}_from_fused",
                )
                for own in members
            ),
        ],
        student_loss_weight=task_weight,
    )
