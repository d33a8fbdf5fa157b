"""Hierarchical neural ensembles: a tree of networks, cut where time ends.

Equation:  L = sum_b [ a H(y, softmax(e_b))
                       + w T^2 KL(softmax(e_B / T) || softmax(e_b / T)) ],
           the second term for b < B;  e_b = 2^-b sum_{n <= 2^b} z_n
Symbols:   z_n (batch, classes) logits of leaf n of 2^B leaves of a binary
           tree whose edges are parts of the student; e_b those of the
           ensemble of the first 2^b leaves, e_0 the student's own; e_B a
           constant in the divergence; B = number of `branches`;
           T = `temperature`; a = `task_weight`; w = `weight`.
Paper:     Ruiz & Verbeek, *Distilled Hierarchical Neural Ensembles with
           Adaptive Inference Cost*, 2020, arXiv:2003.01474 (AAAI 2021 as
           *Anytime Inference with Distilled Hierarchical Neural Ensembles*).
Survey:    Sec 7.4, Eqn 28 over the levels of a tree, Table 6, ref [201].
Differs:   confirmed from abstract, figure and summaries: a binary tree that
           shares layers, leaves visited depth-first, the ensemble of those
           visited so far, and the full ensemble as teacher of the small
           ones. Inferred: the mean of logits. Not confirmed: a, w and T.
           `distiller.ensemble(n)` is the network of the first n leaves; the
           student alone is the first one.
"""

import keras
from keras import layers

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.models.fresh import fresh_copy
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="hne",
    teacher="none",
    status="simplified",
    simplified=(
        "grouped convolutions that evaluate all leaves at once: leaves are "
        "layers one after the other; and the exact weights of the terms"
    ),
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "Y",
        "On-line": "N",
        "Mutual learning": "N",
        "Major losses": "L_CE+L_Ens",
    },
)


@keras.saving.register_keras_serializable("tfkd")
class HierarchicalDistiller(Distiller):
    """A `Distiller` of a tree, of which any first 2^b leaves are a network."""

    def ensemble(self, members):
        """Returns the network of the first leaves, sharing their weights.

        Args:
            members: How many: 1, 2, 4, ..., as many as there are.

        Raises:
            InputError: If there is no such ensemble.
        """
        outputs = self.network.output
        found = {
            1: outputs["logits"],
            **{
                int(name.removeprefix("ensemble")): tensor
                for name, tensor in outputs.items()
                if name.startswith("ensemble")
            },
        }
        if members not in found:
            raise InputError(
                f"The tree has ensembles of {sorted(found)} leaves, received "
                f"members={members!r}."
            )
        return keras.Model(
            self.network.input, found[members], name=f"ensemble{members}"
        )


def build(
    *,
    teacher=None,
    student,
    branches: tuple | None = None,
    temperature: float = 2.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the whole tree teaches its parts.
        student: Classifier with a known graph: the first leaf.
        branches: Taps behind which the tree branches in two, in the order of
            the graph; all stages but the last if absent.
        temperature: T > 0, a number or schedule.
        weight: w >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of the other branches.

    Returns:
        A `Distiller` with `ensemble(members)`, not compiled. The compiled
        loss is the student's.

    Raises:
        InputError: If a teacher is given, there is no place to branch, a
            path leads around one, or a number is out of range.
    """
    no_teacher("hne", teacher)
    where = taps.stages(student)[:-1] if branches is None else list(branches)
    if not where:
        raise InputError(
            "hne needs at least one tap behind which the tree branches, and "
            f"the student {student.name!r} has one stage. Name them: "
            "branches=(...)."
        )
    sizes = [2**level for level in range(1, len(where) + 1)]
    names = [f"ensemble{size}" for size in sizes]
    return HierarchicalDistiller(
        student=student,
        network=_tree(student, where, sizes, seed),
        teacher=SelfTeacher(),
        distillation_losses=[
            *(
                TaskLoss(
                    student_tap=name, weight=task_weight, name=f"task_{name}"
                )
                for name in names
            ),
            *(
                SoftTargets(
                    teacher_tap=names[-1],
                    student_tap=name,
                    temperature=temperature,
                    weight=weight,
                    name=f"soft_{name}",
                )
                for name in ("logits", *names[:-1])
            ),
        ],
        student_loss_weight=task_weight,
    )


def _tree(student, where, sizes, seed):
    """Adds the other branches; the first path is the student's own."""
    parts = taps.cut(student, where)[1:]

    def extra(inputs, tensors):
        level, drawn = [tensors[where[0]]], seed
        for depth, own in enumerate([*where[1:], "logits"]):
            grown = [tensors[own]]
            for node in range(1, 2 * len(level)):
                drawn += 1
                copy = fresh_copy(parts[depth], drawn)
                name = f"branch{depth + 1}_{node}"
                branch = taps.Peer(copy, tap="outputs", name=name)
                grown.append(branch(level[node // 2]))
            level = grown
        return {
            f"ensemble{size}": layers.Average(
                name=f"ensemble{size}", dtype="float32"
            )(level[:size])
            for size in sizes
        }

    return taps.extend(student, (*where, "logits"), extra)
