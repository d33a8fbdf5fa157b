"""Fewer frames: a student of some frames represents a clip as one of all.

Equation:  L = a H(y, softmax(z_s)) + b 1/d ||E_t(x) - r(E_s(x'))||^2
               + c 1/C ||softmax(z_t) - softmax(z_s)||^2
Symbols:   x a clip, x' every j-th frame of it; E_t, E_s (batch, features)
           representations of the clip, d their features; z_t, z_s (batch,
           classes) logits, C classes; r the identity, or a dense layer that
           is trained where widths differ; a = `task_weight`; b = `weight`;
           c = `answer_weight`.
Paper:     Bhardwaj, Srinivasan & Khapra, *Efficient Video Classification
           Using Fewer Frames*, CVPR 2019, arXiv:1902.10640.
Survey:    Sec 15.6.1, ref [25]; Eqn 10, and Eqn 2 of answers.
Differs:   confirmed from the abstracts of the paper and of its first version
           and from a public summary: a teacher of all frames, a student of
           every j-th one, squared errors of representations and/or of class
           probabilities, labels besides; either the teacher is trained
           before (here) or both at once. Squares are averaged, where sums
           are as likely; weights are inferred. Classes exclude each other
           here, where a video of the paper has several labels.
"""

from tfkd import taps
from tfkd.distances import SoftmaxMSE
from tfkd.distillers import Distiller
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card
from tfkd.transforms import Regressor

CARD = Card(
    key="fewer_frames",
    needs=("views",),
    task="clips",
    example="""\
student = task.model(frames=2)
x = {"student": x[:, ::3], "teacher": x}  # Frames 0 and 3 of six.
""",
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    weight: float = 1.0,
    answer_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Every batch carries both: `x = {"student": clips[:, ::j], "teacher":
    clips}`.

    Args:
        teacher: Classifier of whole clips.
        student: Classifier of the frames that are left, of the same classes.
        teacher_tap: Name of E_t.
        student_tap: Name of E_s, of the same rank.
        weight: b >= 0, a number or schedule.
        answer_weight: c >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist, representations differ in rank or
            classes in number, or a number is out of range.
    """
    shapes = taps.shape(teacher, teacher_tap), taps.shape(student, student_tap)
    alike = shapes[0] == shapes[1]
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                student_transform=None if alike else Regressor(),
                weight=weight,
                name="representation",
            ),
            FeatureMatch(
                teacher_tap="logits",
                student_tap="logits",
                distance=SoftmaxMSE(),
                weight=answer_weight,
                name="answers",
            ),
        ],
        student_loss_weight=task_weight,
    )
