"""Early actions: at every moment a student knows what the whole clip shows.

Equation:  L = a 1/N sum_n H(y, softmax(z_n))
               + b 1/(N d) sum_n ||T_n - S_n||^2 + c MMD^2(T, S) ,
           MMD^2(T, S) = mean_nm k(T_n, T_m) + mean_nm k(S_n, S_m)
                         - 2 mean_nm k(T_n, S_m) ,   k(x, y) = (x . y / d)^2
Symbols:   n progress, of N levels: frames seen so far; T_n, S_n (batch, N,
           d) features of teacher and student at progress n, where the
           teacher also reads the rest of the clip; z_n the student's logits;
           S after a dense layer that is trained where widths differ;
           a = `task_weight`; b = `weight`; c = `mmd_weight`.
Paper:     Wang, Hu, Lai, Zhang & Zheng, *Progressive Teacher-Student Learning
           for Early Action Prediction*, CVPR 2019.
Survey:    Sec 15.6.1, ref [246]; Eqn 10 at every progress level.
Differs:   confirmed from the abstract: a teacher of full videos, a student of
           partial ones, and knowledge that is distilled progressively
           between the two. From the survey: recurrent networks of two and of
           one direction, a squared error at each level and a maximum mean
           discrepancy. Inferred: the samples of the latter are the levels of
           a clip, its kernel quadratic; features over d; all weights.
"""

from keras import layers

from tfkd import taps
from tfkd.distances import MMD
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.methods.card import Card

CARD = Card(
    key="early_action",
    status="simplified",
    simplified=(
        "the paper's loss could not be confirmed and is the survey's: its "
        "kernel and weights are inferred"
    ),
    task="clips",
    example="""\
x, labels = task.data(64, every_frame=True)
teacher = task.model(answers="frame", both_ways=True)
student = task.model(answers="frame")
""",
)

_ADAPTED = "adapted_progress"


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "states",
    student_tap: str = "states",
    weight: float = 1.0,
    mmd_weight: float = 1.0,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Labels are one a frame, (batch, N); both models see the whole clip, of
    which the student's state at a frame knows the frames before.

    Args:
        teacher: Network that reads clips both ways.
        student: Network that answers at every frame, such as
            `tfkd.tasks.clips.model(answers="frame")`.
        teacher_tap: Name of T, (batch, N, features).
        student_tap: Name of S.
        weight: b >= 0, a number or schedule.
        mmd_weight: c >= 0, a number or schedule.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If a tap does not exist or is no sequence, sequences
            differ in length, or a number is out of range.
    """
    shapes = taps.shape(teacher, teacher_tap), taps.shape(student, student_tap)
    if any(len(shape) != 3 for shape in shapes) or shapes[0][1] != shapes[1][1]:
        raise InputError(
            "early_action compares features at every frame (batch, frames, "
            f"features) of clips of one length, received teacher {shapes[0]} "
            f"and student {shapes[1]}. Name taps of recurrent layers that "
            "return sequences."
        )
    width, network = shapes[0][-1], student
    if shapes[1][-1] != width:

        def adapted(_, tensors):
            layer = layers.Dense(width, name=_ADAPTED)
            return {_ADAPTED: layer(tensors[student_tap])}

        network = taps.extend(student, [student_tap], adapted)
        student_tap = _ADAPTED
    pair = {"teacher_tap": teacher_tap, "student_tap": student_tap}
    return Distiller(
        student=student,
        network=network,
        teacher=teacher,
        distillation_losses=[
            FeatureMatch(**pair, weight=weight, name="progress"),
            FeatureMatch(
                **pair,
                distance=MMD("poly", degree=2),
                weight=mmd_weight,
                name="distribution",
            ),
        ],
        # k of features over d, as the squared error is: 1 / d^2.
        distillation_loss_weights=[1.0, 1.0 / width**2],
        student_loss_weight=task_weight,
    )
