"""On-the-fly native ensemble: branches learn from their gated sum.

Equation:  z_e = sum_i g_i z_i ,  g = softmax(relu(BN(W x)))
           L = a (sum_i H(y, p_i) + H(y, p_e))
               + b T^2 sum_i KL(softmax(z_e / T) || softmax(z_i / T))
Symbols:   z_i (batch, classes) logits of branch i of m = `branches`, the
           student's own end among them; x = the trunk's features, averaged
           over positions; T = `temperature`; a = `task_weight`;
           b = `weight`; z_e a constant in the divergence.
Paper:     Lan, Zhu & Gong, *Knowledge Distillation by On-the-Fly Native
           Ensemble*, NeurIPS 2018, arXiv:1806.04606, Sec 3.
Survey:    Sec 7.6, Eqn 28, Table 6, refs [125] and [298] (one paper).
Differs:   the sums over branches and the factors are those of the authors'
           code. That code also ramps b up over the first 80 epochs, which
           the paper's equation does not show: pass a
           `tfkd.schedules.SigmoidRampUp` as `weight` to do so. The student
           keeps its own end; the other branches exist in training only.
"""

import keras

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least
from tfkd.methods.checks import no_teacher
from tfkd.models.fresh import fresh_copy
from tfkd.teachers import SelfTeacher
from tfkd.transforms import GatedEnsemble

CARD = Card(
    key="one",
    teacher="none",
    columns={
        "Ensemble logits": "Y",
        "Ensemble features": "N",
        "Unifying data sources": "N",
        "Customize student": "N",
        "Extending teacher": "N",
        "On-line": "Y",
        "Mutual learning": "N ([125]), Y ([298])",
        "Major losses": "L_CE+KL+L_Ens",
    },
)


def build(
    *,
    teacher=None,
    student,
    branches: int = 3,
    trunk_tap: str | None = None,
    temperature: float = 3.0,
    weight: float = 1.0,
    task_weight: float = 1.0,
    seed: int = 0,
):
    """Builds the distiller.

    Args:
        teacher: `None`.
        student: Classifier with a known graph.
        branches: m >= 2.
        trunk_tap: Where the branches part: the other branches are copies,
            with new weights, of all layers after it. The last stage but one
            if absent.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.
        seed: Whole number behind the weights of the copies.

    Returns:
        A `Distiller`, not compiled. The compiled loss is the student's.

    Raises:
        InputError: If there is a teacher, the student has no such tap, more
            than this tap leads to its output, or a number is out of range.
    """
    no_teacher("one", teacher)
    count = at_least("one", "branches", branches, 2)
    trunk = trunk_tap or _last_but_one(student)
    copies = [
        fresh_copy(_after(student, trunk), seed + number)
        for number in range(1, count)
    ]
    names = [f"branch{number}" for number in range(1, count)]

    def extra(inputs, tensors):
        x = tensors[trunk]
        ends = {
            name: taps.Peer(copy, name=name)(x)
            for name, copy in zip(names, copies)
        }
        gate = GatedEnsemble(name="ensemble")
        ensemble = gate([x, tensors["logits"], *ends.values()])
        return {**ends, "ensemble": ensemble}

    return Distiller(
        student=student,
        network=taps.extend(student, [trunk, "logits"], extra),
        teacher=SelfTeacher(),
        distillation_losses=[
            *(
                TaskLoss(
                    student_tap=name, weight=task_weight, name=f"task_{name}"
                )
                for name in (*names, "ensemble")
            ),
            *(
                SoftTargets(
                    temperature=temperature,
                    teacher_tap="ensemble",
                    student_tap=name,
                    weight=weight,
                    name=f"soft_targets_{name}",
                )
                for name in ("logits", *names)
            ),
        ],
        student_loss_weight=task_weight,
    )


def _last_but_one(student):
    stages = taps.stages(student)
    if len(stages) < 2:
        raise InputError(
            "one branches after the last stage but one, and the student has "
            f"the stages {stages}. Name the tap: trunk_tap=..."
        )
    return stages[-2]


def _after(student, trunk):
    """The student's layers from a tap to its output, as a model."""
    graph = taps.TapGraph(student)
    try:
        return keras.Model(graph.tensor(trunk), graph.outputs, name="branch")
    except InputError:
        raise
    except ValueError as error:
        raise InputError(
            f"All paths to the student's output must lead through the trunk "
            f"tap, received trunk_tap={trunk!r}. Choose the end of a stage: "
            "see tfkd.taps.summary(model)."
        ) from error
