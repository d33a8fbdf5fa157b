"""Jacobian matching: outputs change with the input as the teacher's do.

Equation:  g(z, k) = d z_k / d x,  u = g / ||g||_2
           L = a H(y, softmax(z_s))
               + c T^2 KL(softmax(z_t / T) || softmax(z_s / T))
               + b ||u(z_t, k) - u(z_s, k)||_2^2
               + m ||u(A_t, p_t) - u(A_s, p_s)||_2^2
Symbols:   x (batch, ...) input; z (batch, classes) logits; k = the class
           that `outputs` chooses; A = sum_c F_c^2, the attention of a map F
           (batch, height, width, channels), p the position where it is
           largest; T = `temperature`; a = `task_weight`;
           c = `soft_weight`; b = `weight`; m = `attention_weight`.
Paper:     Srinivas & Fleuret, *Knowledge Transfer with Jacobian Matching*,
           ICML 2018, arXiv:1803.00443.
Survey:    Sec 4.2, Table 2, ref [217].
Differs:   confirmed: that matching Jacobians is distillation with noise on
           the inputs (abstract), the squared error of unit gradients, and the
           gradient of one true-class logit instead of the whole Jacobian
           (public code). Inferred: all four weights. The paper's attention
           term serves transfer learning; here each network's own largest
           position is taken, so that maps may differ in size. `outputs`:
           see `tfkd.losses.JacobianMatch`; "largest" is the choice where
           classes are many, since the others cost one backward pass a class.
"""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import JacobianMatch
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card

CARD = Card(
    key="jacobian",
    columns={
        "TF_t": "Gradient penalty",
        "TF_s": "Gradient penalty",
        "Position": "End of layer group",
        "Distance": "L2",
        "Lost knowledge": "Channel dimensions",
    },
    zero_when_equal=True,
    options={"attention_weight": 1.0},
)


def build(
    *,
    teacher,
    student,
    outputs: str = "teacher",
    weight: float = 1.0,
    temperature: float = 4.0,
    soft_weight: float = 1.0,
    attention_weight: float | None = None,
    teacher_tap: str | None = None,
    student_tap: str | None = None,
    task_weight: float = 1.0,
):
    """Builds the distiller.

    Args:
        teacher: Classifier; its input is the student's.
        student: Classifier of the same classes.
        outputs: `"teacher"` (the teacher's largest logit), `"label"`,
            `"all"` or `"largest"` (each network's own).
        weight: b >= 0, a number or schedule.
        temperature: T > 0, a number or schedule.
        soft_weight: c >= 0, a number or schedule.
        attention_weight: m >= 0, a number or schedule; no such term if
            absent.
        teacher_tap: F_t of the attention term; the last stage if absent.
        student_tap: F_s of the attention term; the last stage if absent.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled. It needs the TensorFlow backend.

    Raises:
        InputError: If classes or inputs differ, a tap is given without its
            term, or an argument is out of range.
    """
    losses = [
        SoftTargets(temperature=temperature, weight=soft_weight),
        JacobianMatch(outputs=outputs, weight=weight, name="jacobian"),
    ]
    if attention_weight is not None:
        losses.append(
            JacobianMatch(
                teacher_tap=teacher_tap or taps.stages(teacher)[-1],
                student_tap=student_tap or taps.stages(student)[-1],
                outputs="largest",
                weight=attention_weight,
                name="attention_jacobian",
            )
        )
    elif teacher_tap or student_tap:
        raise InputError(
            "The taps of jacobian belong to its attention term, received "
            f"teacher_tap={teacher_tap!r}, student_tap={student_tap!r} and "
            "attention_weight=None. Give attention_weight, or leave them out."
        )
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=losses,
        student_loss_weight=task_weight,
    )
