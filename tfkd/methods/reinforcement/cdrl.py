"""Collaborative deep RL: a teacher of another task, through an alignment.

Equation:  L = a L_task(z_s) + b [KL(softmax(F(z_t) / T) || softmax(d_s))
                                  + KL(softmax(F(z_t)) || softmax(z_s))] ,
           F held in the first divergence, z_s in the second
Symbols:   z_t (batch, m) the teacher's logits of its own task's actions; z_s
           (batch, n) the student's; d_s (batch, n) logits of a further head
           on its features, which learn from the teacher and are only used in
           training; F the alignment network from m to n actions, trained; T =
           `temperature`; a = `task_weight`; b = `weight`.
Paper:     Lin, Wang & Zhou, *Collaborative Deep Reinforcement Learning*, KDD
           2017 workshops, arXiv:1702.05796.
Survey:    Sec 14.3.1, ref [140]. The survey's row aligns the student; paper
           and code align the teacher.
Differs:   confirmed in the authors' public code: the teacher's logits pass
           four dense layers of 512 ELU units; both divergences, their
           constants, T = 1 in the teacher alone, the head of its own, drawn
           with small weights. There the updates take turns, and the task's
           loss is that of A3C: here it is what is compiled, such as the
           cross-entropy of recorded actions, weighed by their advantages.
"""

import keras

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import AlignedTargets
from tfkd.methods.card import Card

CARD = Card(
    key="cdrl",
    status="simplified",
    simplified=(
        "states are recorded before, and the teacher has learned its task: "
        "agents that act, train each other while they learn (cA3C) and share "
        "weights between workers are left out"
    ),
    options={"units": (8,)},
)


def build(
    *,
    teacher,
    student,
    student_tap: str = "embedding",
    units: tuple = (512, 512, 512, 512),
    temperature: float = 1.0,
    own_head: bool = True,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Network to logits of its own actions, on states of the same
            shape.
        student: Network to logits of actions.
        student_tap: Name of the features (batch, features) that the further
            head reads.
        units: Widths of F's hidden layers.
        temperature: T > 0, a number or schedule.
        own_head: Whether d_s is a head of its own; else it is z_s.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, likewise.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the tap does not exist or holds no vectors, logits are
            not one answer an example, or a number is out of range.
    """
    features = taps.shape(student, student_tap)
    if len(features) != 2:
        raise InputError(
            "The head of cdrl reads vectors (batch, features), and the tap "
            f"{student_tap!r} has shape {features}. Name a dense layer."
        )
    actions = taps.shape(student, "logits")[-1]

    def extra(inputs, tensors):
        head = keras.layers.Dense(
            actions,
            kernel_initializer=keras.initializers.RandomNormal(0.0, 0.01),
            dtype="float32",
            name="distilled",
        )
        return {"distilled": head(tensors[student_tap])}

    network = None
    if own_head:
        names = tuple(dict.fromkeys(("logits", student_tap)))
        network = taps.extend(student, names, extra)
    return Distiller(
        student=student,
        network=network,
        teacher=teacher,
        distillation_losses=AlignedTargets(
            distilled_tap="distilled" if own_head else None,
            units=units,
            temperature=temperature,
            weight=weight,
        ),
        student_loss_weight=task_weight,
    )
