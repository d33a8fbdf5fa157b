"""SLA+SD: learn class and rotation as one, then do without rotations.

Equation:  L = g (-1/M sum_j log softmax(z_j)_(y, j)) + a H(y, softmax(s))
               + b T^2 KL(softmax(1/M sum_j z_(j, ., j) / T)
                          || softmax(s / T))
Symbols:   z_j (batch, classes, M) logits of a joint classifier for the input
           under rotation j of M = 4, its softmax over classes and rotations;
           s (batch, classes) the student's logits for the input itself; the
           mean of z in the divergence is a constant; T = `temperature`; g =
           `joint_weight`; a = `task_weight`, the paper's beta; b = `weight`.
Paper:     Lee, Hwang & Shin, *Self-supervised Label Augmentation via Input
           Transformations*, ICML 2020, arXiv:1910.05872 (first as
           *Rethinking Data Augmentation: Self-Supervision and
           Self-Distillation*).
Survey:    Sec 11.3 and 13.2, Eqn 23, Table 8, ref [128].
Differs:   confirmed from the authors' code: four rotations in one pass,
           their mean of joint cross-entropies (its option for large data
           sums them, g = 4 here), the mean of the logits of each rotation's
           own labels as constant target, T = 1, a = b = 1. The paper also
           permutes colours.
"""

import keras

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import JointLabels
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import no_teacher
from tfkd.models import exits
from tfkd.teachers import SelfTeacher
from tfkd.transforms import JointAggregate
from tfkd.transforms import Rotations
from tfkd.transforms import StackedPart

CARD = Card(
    key="sla_sd",
    teacher="none",
    columns={
        "Logits": "Y",
        "Hints": "N",
        "Data augmentation": "Y",
        "Deep supervision": "N",
        "One stage": "N",
        "Multi-task": "N",
        "Architecture transformation": "N",
    },
)

_VIEWS = 4


def build(
    *,
    teacher=None,
    student,
    feature_tap: str = "embedding",
    temperature: float = 1.0,
    weight: float = 1.0,
    joint_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: `None`: the student teaches itself.
        student: Classifier of square images. Batch normalizations see all
            rotations.
        feature_tap: What the joint classifier, there in training only, sees;
            maps are averaged over positions.
        temperature: T > 0, a number or schedule.
        weight: b >= 0, a number or schedule.
        joint_weight: g >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. Its `network` sees all rotations.

    Raises:
        InputError: If a teacher is given, the inputs are no square images,
            the tap does not exist, or a number is out of range.
    """
    no_teacher("sla_sd", teacher)
    return Distiller(
        student=student,
        network=_network(student, feature_tap),
        teacher=SelfTeacher(),
        distillation_losses=[
            JointLabels(student_tap="joint", weight=joint_weight),
            SoftTargets(
                teacher_tap="aggregated",
                temperature=temperature,
                weight=weight,
            ),
        ],
        student_loss_weight=task_weight,
    )


def _network(student, feature_tap):
    """Runs a student on all rotations, with a joint classifier."""
    if len(student.inputs) != 1 or len(student.outputs) != 1:
        raise InputError(
            "sla_sd turns the images of a model of one input and one output, "
            f"received {student.name!r} with {len(student.inputs)} and "
            f"{len(student.outputs)}."
        )
    given = student.inputs[0]
    inputs = keras.Input(batch_shape=given.shape, dtype=given.dtype)
    graph = taps.TapGraph(student, inputs=Rotations()(inputs))
    features = exits.pooled(graph.tensor(feature_tap))
    logits = graph.tensor("logits")
    classes = logits.shape[-1]
    joint = exits.classifier(features, classes * _VIEWS, name="joint")
    joint = keras.layers.Reshape((1, classes, _VIEWS), dtype="float32")(joint)
    views = [StackedPart(view, _VIEWS)(joint) for view in range(_VIEWS)]
    joint = keras.layers.Concatenate(axis=1, dtype="float32")(views)
    outputs = {
        "outputs": StackedPart(0, _VIEWS)(graph.outputs),
        "logits": StackedPart(0, _VIEWS)(logits),
        "joint": joint,
        "aggregated": JointAggregate()(joint),
    }
    return keras.Model(inputs, outputs, name=f"{student.name}_rotations")
