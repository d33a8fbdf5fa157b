"""Attentive imitation: a pose regressor is trusted where it is right.

Equation:  stage 1, of the layers up to F_s:
             L = h mean_i Phi_i ||F_t,i - r(F_s,i)||^2
           stage 2, of those behind it (of all without `freeze`):
             L = a mean_i ||S_i - y_i||^2 + b mean_i Phi_i ||T_i - S_i||^2 ,
           Phi_i = max(0, 1 - e_i / (max_j e_j - min_j e_j)) ,
           e_i = ||T_i - y_i||^2
Symbols:   y (batch, numbers) motions, T and S those of teacher and student;
           F_t, F_s hidden layers, r a linear map where they differ in width,
           trained; j all examples, i those of a batch; ||.||^2 means over
           numbers; a = `task_weight` (alpha), of the loss that is compiled;
           b = `weight` (1 - alpha); h = `hint_weight` for the first
           `hint_steps`, then 0.
Paper:     Saputra, de Gusmao, Almalioglu, Markham & Trigoni, *Distilling
           Knowledge From a Deep Pose Regressor Network*, ICCV 2019,
           arXiv:1908.00858.
Survey:    Sec 15.2.4, ref [204], as a method for driving.
Differs:   confirmed from the abstract and public notes: the teacher's loss
           over the whole training set, normalized, as confidence; attentive
           imitation and attentive hint training; the hint is the teacher's
           first dense layer, in a stage of its own, which does better than
           both at once; its layers are frozen in the second stage. Phi is
           0, not slightly negative, for the worst example. Alpha is not
           confirmed, 0.5 here. Give labels on a scale on which angles and
           lengths weigh alike.
"""

from tfkd import schedules
from tfkd import taps
from tfkd.distillers import AdaptingDistiller
from tfkd.distillers import TwoPartDistiller
from tfkd.errors import InputError
from tfkd.losses import AttentiveMatch
from tfkd.methods.card import Card

CARD = Card(
    key="pose_regressor_vo",
    zero_when_equal=True,
    task="motion",
    options={"hint_steps": 1},
)


def build(
    *,
    teacher,
    student,
    teacher_tap: str = "embedding",
    student_tap: str = "embedding",
    hint_steps: int = 500,
    hint_weight: float = 1.0,
    weight: float = 0.5,
    task_weight: float = 0.5,
    freeze: bool = True,
):
    """Builds the distiller.

    Compile with the loss of `tfkd.tasks.motion`, or another mean square. The
    first `fit` runs the teacher over its data once.

    Args:
        teacher: Network to numbers `(batch, numbers)`.
        student: Network to the same numbers.
        teacher_tap: F_t, a hidden layer.
        student_tap: F_s, of the same rank; what lies behind it must be able
            to regress.
        hint_steps: Steps of stage 1, at least 1.
        hint_weight: h >= 0, a number or schedule.
        weight: b >= 0, a number or schedule from the start of stage 2.
        task_weight: a >= 0, likewise.
        freeze: Whether stage 2 leaves the layers of stage 1 as they are;
            TensorFlow only. Without, it trains all.

    Returns:
        A `TwoPartDistiller`, not compiled; an `AdaptingDistiller` without
        `freeze`.

    Raises:
        InputError: If answers differ in shape, a tap does not exist or has
            no layers behind it, or a number is out of range.
    """
    shapes = [taps.shape(model, "outputs") for model in (teacher, student)]
    if shapes[0][1:] != shapes[1][1:]:
        raise InputError(
            "pose_regressor_vo needs two networks to the same numbers, "
            f"received outputs of shapes {shapes[0]} and {shapes[1]}. Use "
            "models such as tfkd.tasks.motion.model()."
        )
    losses = [
        AttentiveMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            weight=schedules.before(hint_steps, hint_weight, "hint_weight"),
            name="attentive_hint",
        ),
        AttentiveMatch(
            weight=schedules.after(hint_steps, weight, "weight"),
            name="attentive_imitation",
        ),
    ]
    arguments = {
        "student": student,
        "teacher": teacher,
        "distillation_losses": losses,
        "student_loss_weight": schedules.after(
            hint_steps, task_weight, "task_weight"
        ),
    }
    if not freeze:
        return AdaptingDistiller(**arguments)
    return TwoPartDistiller(end=student_tap, steps=hint_steps, **arguments)
