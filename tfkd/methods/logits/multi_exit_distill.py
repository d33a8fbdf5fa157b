"""Multi-exit distillation: the last exit teaches the early ones.

Equation:  L = 1/K sum_k [ a H(y, softmax(z_k))
                           + b T^2 KL(softmax(z / T) || softmax(z_k / T)) ]
           z = z_K (last exit), or log mean_k softmax(z_k) (ensemble)
Symbols:   z_k (batch, classes) logits of exit k of K, z_K the student's own;
           T = `temperature`; a = `task_weight`; b = `weight`.
Paper:     Phuong & Lampert, *Distillation-Based Training for Multi-Exit
           Architectures*, ICCV 2019.
Survey:    Sec 4.1.4, Eqn 9, Table 1, ref [195].
Differs:   exits are added for the training: convolutions down to the size
           and channels of the last stage, pooling and one dense layer; the
           paper's network has exits of its own design. Its temperature
           rises while the teacher is sure of itself; here T is a number or
           a schedule of steps. Unlabelled examples (label -1)
           count in the second term, as in the paper's semi-supervised
           setting. `distiller.network` holds the exits.
"""

import keras
from keras import ops

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.models import exits as heads
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="multi_exit_distill",
    teacher="none",
    status="simplified",
    simplified=(
        "the temperature follows a schedule of steps, not the teacher's "
        "confidence; exits are added to a plain network"
    ),
    columns={
        "Method": "Ensemble of distribution",
        "Objective": "Eqn. 9",
    },
)

_TARGETS = ("last", "ensemble")


def build(
    *,
    teacher=None,
    student,
    exits: tuple | None = None,
    target: str = "last",
    temperature: float = 1.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier with stages; its output is the last exit.
        exits: Taps that get an exit; all stages but the last if absent.
        target: `"last"` exit or `"ensemble"` of all exits.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a teacher is given, a tap does not exist, or an
            argument is out of range.
    """
    no_teacher("multi_exit_distill", teacher)
    if target not in _TARGETS:
        raise unknown("target of multi_exit_distill", target, _TARGETS)
    exits = tuple(exits) if exits else taps.stages(student)[:-1]
    if not exits:
        raise InputError(
            f"The student {student.name!r} has one stage, its own output. "
            "Name the taps of earlier exits: exits=(...)."
        )
    network, names = _network(student, exits)
    count = len(names) + 1
    losses = [
        SoftTargets(
            teacher_tap="logits" if target == "last" else "ensemble",
            student_tap=name,
            temperature=temperature,
            weight=weight,
            name=f"soft_{name}",
        )
        for name in (names if target == "last" else [*names, "logits"])
    ]
    losses += [
        TaskLoss(student_tap=name, weight=task_weight, name=f"task_{name}")
        for name in names
    ]
    return Distiller(
        student=student,
        network=network,
        teacher=SelfTeacher(),
        distillation_losses=losses,
        distillation_loss_weights=[1 / count] * len(losses),
        student_loss_weight=task_weight / count,
    )


def _network(student, exits):
    """Adds exits to a student; returns the network, the names of exits."""
    names = [f"exit_{tap.replace('/', '_')}" for tap in exits]
    last = taps.stages(student)[-1]

    def extra(inputs, tensors):
        classes = tensors["logits"].shape[-1]
        logits = {}
        for name, tap in zip(names, exits):
            section = heads.bottleneck(
                tensors[tap], tensors[last].shape, name=f"bottleneck_{name}"
            )
            logits[name] = heads.classifier(
                heads.pooled(section), classes, name=name
            )
        every = ops.stack([*logits.values(), tensors["logits"]], axis=0)
        log_p = keras.layers.Activation("log_softmax", dtype="float32")(every)
        # The log of the mean probability, up to the constant log K.
        return {**logits, "ensemble": ops.logsumexp(log_p, axis=0)}

    wanted = dict.fromkeys((*exits, last, "logits"))
    return taps.extend(student, tuple(wanted), extra), names
