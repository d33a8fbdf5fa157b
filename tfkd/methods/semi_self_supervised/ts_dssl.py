"""TS-DSSL: a head that learns noisy labels teaches one that does not.

Equation:  L = a H(y, softmax(z_t)) + b ||softmax(z_s) - softmax(z_t)||^2 / C
Symbols:   z_t, z_s (batch, C) logits of two heads on one trunk, each of the
           student's last two dense layers: the teacher's, a copy with new
           weights that is there in training only, and the student's own; y
           noisy labels, -1 for none; the target of the second term is a
           constant; a = `task_weight`; b = `weight`.
Paper:     Hailat & Chen, *Teacher/Student Deep Semi-Supervised Learning for
           Training with Noisy Labels*, ICMLA 2018.
Survey:    Sec 13.1, Eqn 2, ref [85].
Differs:   confirmed from the abstract: self-training of a student on a
           teacher within one network, on noisy labels. Inferred from the
           survey: the trunk that both share, where they part, and squares.
           Not confirmed: b.
"""

import keras

from tfkd import taps
from tfkd.distances import SoftmaxMSE
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import TaskLoss
from tfkd.methods import branches
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="ts_dssl",
    status="simplified",
    simplified=(
        "how the teacher's head cleans labels, which could not be confirmed: "
        "here all labels count, for the teacher's head alone"
    ),
    teacher="none",
    needs=("unlabelled",),
)


def build(
    *,
    teacher=None,
    student,
    trunk_tap: str | None = None,
    weight: float = 10.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student's own trunk has a teacher's head.
        student: Classifier that ends in dense layers.
        trunk_tap: Where the heads part; before the last two dense layers, or
            before the only one, if absent.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of the teacher's head.

    Returns:
        A `Distiller`, not compiled. The labels reach the student through the
        teacher's head; the compiled loss is for evaluation.

    Raises:
        InputError: If a teacher is given, no dense layer ends the student, a
            tap is unknown, or a number is out of range.
    """
    no_teacher("ts_dssl", teacher)
    group = branches.branches(
        "ts_dssl",
        student,
        {"logits": "logits"},
        count=1,
        trunk_tap=trunk_tap or _before_dense(student),
        seed=seed + 1,
    )

    def extra(tensors, ends):
        return {"teacher_head": ends[0]["logits"]}

    return Distiller(
        student=student,
        network=group.network(student, ["logits"], extra),
        teacher=SelfTeacher(),
        distillation_losses=[
            TaskLoss(
                student_tap="teacher_head",
                weight=task_weight,
                name="task_teacher_head",
            ),
            FeatureMatch(
                teacher_tap="teacher_head",
                student_tap="logits",
                distance=SoftmaxMSE(),
                weight=weight,
                name="self_training",
            ),
        ],
        student_loss_weight=0.0,
    )


def _before_dense(student):
    """Returns the tap before the last two dense layers, or the only one."""
    dense = [
        name
        for name, layer, _, _ in taps.TapGraph(student).calls()
        if isinstance(layer, keras.layers.Dense)
    ]
    if not dense:
        raise InputError(
            "The heads of ts_dssl are dense layers, and the student "
            f"{student.name!r} has none. Name where they part: trunk_tap=..."
        )
    return f"{dense[-2:][0]}:input"
