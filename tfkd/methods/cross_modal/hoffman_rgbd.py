"""Adaptation for RGB-D: a depth network begins and ends as that of colour.

Equation:  L = a L_task(y, f_s(d)) + b mean (F_t(x) - F_s(d))^2 ,
               f_s = f_t at the start
           f(x, d) = h_t((F_t(x) + F_s(d)) / 2)   after training
Symbols:   x, d one scene in colour and in depth; f_t, f_s the networks of
           one architecture; F_t, F_s (batch, ...) their features at a tap
           and h_t the teacher's layers behind it; y labels or boxes of
           those classes for which there are any in depth; a =
           `task_weight`; b = `weight`.
Paper:     Hoffman, Gupta, Leong, Guadarrama & Darrell, *Cross-Modal
           Adaptation for RGB-D Detection*, ICRA 2016.
Survey:    Sec 12.1, Table 9, ref [98]; Eqn 10 with paired inputs.
Differs:   confirmed from the abstract and a public summary of the paper: the
           depth network starts with the weights of the colour network of all
           classes and trains on the depth that has labels; both meet in the
           middle, with the mean of activations behind a ReLU, and the layers
           behind are the colour network's, so that depth counts for classes
           without labels in depth. The second line is made, when training
           has ended, by `tfkd.models.fusion.in_the_middle(teacher,
           distiller.student, layer=...)`. The term b is the survey's; the
           summary has none, and `weight=0` leaves it out.
"""

import keras

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card

CARD = Card(
    key="hoffman_rgbd",
    status="simplified",
    simplified=(
        "the paper's text was not read: the match of features is the "
        "survey's, and detectors are of one stage, without region proposals"
    ),
    columns={
        "Uses labels": "Y",
        "Source modality": "RGB images (printed: RDG)",
        "Target modality": "Depth images",
        "Number of teachers": "One",
        "On-line": "N",
        "Knowledge": "Features",
        "Model compression": "N",
    },
    needs=("views",),
    example="""\
teacher = tfkd.models.build("cnn", filters=(4, 8, 16), **shapes)
""",
)


def build(
    *,
    teacher,
    student,
    tap: str | None = None,
    start: bool = True,
    weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller; gives the student the teacher's weights.

    Every batch carries pairs: `x = {"student": depth, "teacher": colour}`.

    Args:
        teacher: Network of colour images, a classifier or a detector.
        student: Network of depth images, of the same architecture.
        tap: Name of F_t and F_s; the last stage if absent.
        start: Whether the student starts with the teacher's weights: its own
            are lost.
        weight: b >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the networks differ in their weights' shapes, the tap
            does not exist, or a number is out of range.
    """
    tap = tap or taps.stages(student)[-1]
    distiller = Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=FeatureMatch(
            teacher_tap=tap, student_tap=tap, weight=weight, name="features"
        ),
        student_loss_weight=task_weight,
    )
    if start:
        _start(getattr(teacher, "model", teacher), student)
    return distiller


def _start(teacher, student):
    """Copies weights from one model to another."""
    shapes = [
        [tuple(weight.shape) for weight in model.weights]
        if isinstance(model, keras.Model)
        else None
        for model in (teacher, student)
    ]
    if shapes[0] != shapes[1]:
        raise InputError(
            "hoffman_rgbd starts the depth network with the weights of the "
            "colour network, which must be of one architecture; received "
            f"{getattr(teacher, 'name', teacher)!r} of {shapes[0]} and "
            f"{student.name!r} of {shapes[1]}. Make both alike, or pass "
            "start=False."
        )
    student.set_weights(teacher.get_weights())
