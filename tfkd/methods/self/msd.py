"""MSD: side branches of a network learn from its end, and it from them all.

Equation:  L = sum_k [ a H(y, softmax(z_k))
                       + b T^2 KL(softmax(z_K / T) || softmax(z_k / T))
                       + g ||F_k - F_K||_2^2 ],  the last two for k < K
Symbols:   z_k (batch, classes) logits of classifier k of K, z_K the
           student's own; F_k (batch, channels) pooled features that
           classifier k sees; T = `temperature`; a = `task_weight`; b =
           `weight`; g = `feature_weight`. Targets z_K, F_K are constants.
Paper:     Luan, Zhao, Yang & Dai, *MSD: Multi-Self-Distillation Learning via
           Multi-classifiers within Deep Neural Networks*, 2019,
           arXiv:1911.09418.
Survey:    Sec 11.2, Eqns 9-10, Table 8, ref [157].
Differs:   confirmed from the abstract: side branches on any network whose
           capacity is near that of the deepest classifier, all trained in
           one stage, and knowledge of classifiers of the same network.
           Inferred from the first author's code of a sister method: KL and
           squared features from the deepest classifier, T = 3, a = 0.9, b =
           0.1, and g, which is 1e-6 times the sum over 128 examples there.
           Unlike `byot`, whose exits are a few convolutions, a branch has
           all the layers that the student has from there on.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods import branches
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.models import exits as heads
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="msd",
    status="simplified",
    simplified=(
        "the sampling of blocks that make a branch: a branch is a copy of "
        "all deeper layers, with new weights"
    ),
    teacher="none",
    columns={
        "Logits": "Y",
        "Hints": "Feature maps",
        "Data augmentation": "N",
        "Deep supervision": "Y",
        "One stage": "Y",
        "Multi-task": "Y",
        "Architecture transformation": "N",
    },
)


def build(
    *,
    teacher=None,
    student,
    exits: tuple | None = None,
    deepest_tap: str | None = None,
    temperature: float = 3.0,
    weight: float = 0.1,
    feature_weight: float = 0.00013,
    task_weight: float = 0.9,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier with stages.
        exits: Taps at which branches part; all stages before the deepest if
            absent.
        deepest_tap: F_K before pooling; the last stage if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        feature_weight: g >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of branches.

    Returns:
        A `Distiller`, not compiled. Its `network` holds the branches, whose
        logits are outputs named `"branch_..."`.

    Raises:
        InputError: If a teacher is given, a tap does not exist or does not
            lead to the end, or a number is out of range.
    """
    no_teacher("msd", teacher)
    deepest = deepest_tap or taps.stages(student)[-1]
    starts = exits or taps.stages(student)
    starts = tuple(tap for tap in starts if tap != deepest)
    if not starts:
        raise InputError(
            f"msd needs a tap before {deepest!r} at which a branch parts, "
            f"received exits={exits}. Name one: exits=(...,)."
        )
    names = {tap: f"branch_{tap.replace('/', '_')}" for tap in starts}
    ends = {"logits": "logits", "features": deepest}
    models = {
        tap: branches.branches(
            "msd", student, ends, count=1, trunk_tap=tap, seed=seed + number
        ).members[0]
        for number, tap in enumerate(starts, start=1)
    }

    def extra(inputs, tensors):
        outputs = {"features": heads.pooled(tensors[deepest])}
        for tap, name in names.items():
            branch = taps.Peer(models[tap], tap="outputs", name=name)
            end = branch(tensors[tap])
            outputs[name] = end["logits"]
            outputs[f"features_{name}"] = heads.pooled(end["features"])
        return outputs

    read = tuple(dict.fromkeys((*starts, deepest, "logits")))
    return Distiller(
        student=student,
        network=taps.extend(student, read, extra),
        teacher=SelfTeacher(),
        distillation_losses=[
            *(
                TaskLoss(
                    student_tap=name, weight=task_weight, name=f"task_{name}"
                )
                for name in names.values()
            ),
            *(
                SoftTargets(
                    student_tap=name,
                    temperature=temperature,
                    weight=weight,
                    name=f"soft_{name}",
                )
                for name in names.values()
            ),
            *(
                FeatureMatch(
                    teacher_tap="features",
                    student_tap=f"features_{name}",
                    distance=LpDistance(p=2, reduce="sum"),
                    weight=feature_weight,
                    name=f"hint_{name}",
                )
                for name in names.values()
            ),
        ],
        student_loss_weight=task_weight,
    )
