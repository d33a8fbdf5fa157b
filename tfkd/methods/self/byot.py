"""Be your own teacher: the deepest section teaches the shallow ones.

Equation:  L = sum_i [ a H(y, softmax(z_i))
                       + b T^2 KL(softmax(z_C / T) || softmax(z_i / T))
                       + l ||F_i - F_C||_2^2 ],  the last two for i < C
Symbols:   z_i (batch, classes) logits of section i of C, z_C the student's
           own; F_i (batch, channels) pooled features behind the bottleneck
           of section i, F_C those of the deepest section; T =
           `temperature`; a = `task_weight`; b = `weight`; l =
           `feature_weight`.
Paper:     Zhang et al., *Be Your Own Teacher: Improve the Performance of
           Convolutional Neural Networks via Self Distillation*, ICCV 2019,
           arXiv:1905.08094.
Survey:    Sec 11.2, Eqns 9-10, Table 8, ref [285].
Differs:   KL, where public code has the cross-entropy of softened classes:
           the same gradient. a = 1 - 0.1 on all exits, as in that code; in
           the paper the deepest has a = 1. Features are summed in one
           example and averaged over the batch: that code's 1e-6 times a sum
           over 128 examples is 1.3e-4 here. Its mask of elements where both
           features are <= 0 is void behind a ReLU. Bottlenecks are plain
           convolutions of stride 2 and a 1x1 convolution.
"""

from tfkd import taps
from tfkd.distances import LpDistance
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.models import exits as heads
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="byot",
    teacher="none",
    columns={
        "Logits": "Y",
        "Hints": "Feature maps",
        "Data augmentation": "N",
        "Deep supervision": "Y",
        "One stage": "Y",
        "Multi-task": "N",
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
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier with stages.
        exits: Taps of the shallow sections; all stages before the deepest
            if absent.
        deepest_tap: F_C before pooling; the last stage if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        feature_weight: l >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. Its `network` holds the exits.

    Raises:
        InputError: If a teacher is given, a tap does not exist, or a number
            is out of range.
    """
    no_teacher("byot", teacher)
    deepest = deepest_tap or taps.stages(student)[-1]
    exits = tuple(exits or (t for t in taps.stages(student) if t != deepest))
    if not exits or deepest in exits:
        raise InputError(
            "byot needs at least one section before the deepest, received "
            f"exits={exits} and deepest_tap={deepest!r}. Name the taps."
        )
    network, names = _network(student, exits, deepest)
    losses = []
    for name in names:
        losses += [
            TaskLoss(student_tap=name, weight=task_weight, name=f"task_{name}"),
            SoftTargets(
                student_tap=name,
                temperature=temperature,
                weight=weight,
                name=f"soft_{name}",
            ),
            FeatureMatch(
                teacher_tap="features",
                student_tap=f"features_{name}",
                distance=LpDistance(p=2, reduce="sum"),
                weight=feature_weight,
                name=f"hint_{name}",
            ),
        ]
    return Distiller(
        student=student,
        network=network,
        teacher=SelfTeacher(),
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )


def _network(student, exits, deepest):
    """Adds bottlenecks and exits; returns the network, names of exits."""
    names = [f"exit_{tap.replace('/', '_')}" for tap in exits]

    def extra(inputs, tensors):
        shape = tensors[deepest].shape
        classes = tensors["logits"].shape[-1]
        outputs = {"features": heads.pooled(tensors[deepest])}
        for name, tap in zip(names, exits):
            section = heads.bottleneck(
                tensors[tap], shape, name=f"bottleneck_{name}"
            )
            features = heads.pooled(section)
            outputs[f"features_{name}"] = features
            outputs[name] = heads.classifier(features, classes, name=name)
        return outputs

    wanted = dict.fromkeys((*exits, deepest, "logits"))
    return taps.extend(student, tuple(wanted), extra), names
