"""Apprentice: a student of few bits learns from a teacher of full precision.

Equation:  L = a H(y, p_T) + b H(y, p_A) + c H(p_T, p_A)
           scheme "A": teacher and apprentice are trained together
           schemes "B", "C": the teacher is trained already, a = 0; in "C" the
           apprentice starts as a trained network of full precision
Symbols:   p_T, p_A (batch, classes) softmax of teacher and apprentice, the
           latter with weights of few values; a = `teacher_weight`, b =
           `task_weight`, c = `weight`.
Paper:     Mishra & Marr, *Apprentice: Using Knowledge Distillation Techniques
           to Improve Low-Precision Network Accuracy*, ICLR 2018,
           arXiv:1711.05852.
Survey:    Sec 4.1.1, Table 1, ref [174].
Differs:   the schemes are confirmed from the paper's abstract and summaries;
           a = 1, b = c = 0.5 at temperature 1 are from memory of its Sec 4.
           KL in the place of H(p_T, p_A): the same gradient, and none for the
           teacher, which in scheme A learns from labels alone. The apprentice
           is `tfkd.models.quantized.quantized` of a network: of a new one, or
           of a trained one in scheme C, then with a low learning rate. It
           rounds inputs of layers to 8 bits, as in the paper's tables, and
           leaves the first and last layer alone, which is inferred.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.errors import unknown
from tfkd.losses import SoftTargets
from tfkd.losses import TaskLoss
from tfkd.methods.card import Card
from tfkd.methods.peers import peer_models
from tfkd.models.quantized import quantized_layers
from tfkd.teachers import SelfTeacher

CARD = Card(
    key="apprentice",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
    zero_when_equal=True,
    example="""\
from tfkd.models.quantized import quantized

student = quantized(student, weights="ternary")
""",
)


def build(
    *,
    teacher,
    student,
    scheme: str = "B",
    teacher_weight: float = 1.0,
    task_weight: float = 0.5,
    weight: float = 0.5,
    temperature: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier of full precision; in scheme A a `keras.Model`,
            which is trained: `None` is a new copy of the student, of its
            quantized layers.
        student: Classifier of the same classes, of quantized layers.
        scheme: `"A"`, `"B"` or `"C"`; B and C differ in the weights that the
            student starts with.
        teacher_weight: a >= 0, in scheme A only.
        task_weight: b >= 0, a number or schedule.
        weight: c >= 0, a number or schedule.
        temperature: T > 0, of both softmaxes of the last term, which is then
            multiplied by T^2.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the student has no quantized layer, the scheme is
            unknown, classes differ in number, or a number is out of range.
    """
    if scheme not in ("A", "B", "C"):
        raise unknown("scheme of apprentice", scheme, ("A", "B", "C"))
    if not quantized_layers(student):
        raise InputError(
            "The student of apprentice must have quantized layers, and "
            f"{student.name!r} has none. Make it with "
            "tfkd.models.quantized.quantized(student, weights='ternary')."
        )
    if scheme != "A":
        return Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=SoftTargets(
                temperature=temperature, weight=weight
            ),
            student_loss_weight=task_weight,
        )
    # The teacher is trained: it is a part of the network.
    (model,) = peer_models("apprentice", teacher, student, None, 0)
    return Distiller(
        student=student,
        network=taps.with_peers(student, [model]),
        teacher=SelfTeacher(),
        distillation_losses=[
            TaskLoss(
                student_tap="peer1", weight=teacher_weight, name="teacher"
            ),
            SoftTargets(
                teacher_tap="peer1", temperature=temperature, weight=weight
            ),
        ],
        student_loss_weight=task_weight,
    )
