"""Early-stopped distillation: an earlier teacher, and for a while only.

Equation:  L = a H(y, softmax(z_s))
               + b(l) T^2 KL(softmax(z_t / T) || softmax(z_s / T))
           b(l) = b while l < `stop_step`, then 0
Symbols:   z_t, z_s (batch, classes) logits; T = `temperature`;
           a = `task_weight`; b = `weight`; l optimizer steps so far.
Paper:     Cho & Hariharan, *On the Efficacy of Knowledge Distillation*, ICCV
           2019, arXiv:1910.01348.
Survey:    Sec 4.1.1 and 16.1, Eqn 2, Table 1, ref [41].
Differs:   KL with T^2 as in `hinton_kd`. The paper stops the teacher's
           training early and chooses both stops by validation; here the
           teacher is the model that is given, with the weights of its early
           checkpoint from `teacher_weights` where that is given. No number
           of steps fits every data set: set `stop_step` to the part of the
           training in which the teacher is to be followed. Labels keep the
           weight a after the stop: pass a schedule to raise it.
"""

import warnings

import keras

from tfkd import schedules
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.methods.card import Card
from tfkd.methods.checks import at_least

CARD = Card(
    key="eskd",
    columns={
        "Method": "Softened labels and regularization",
        "Objective": "Eqn. 2",
    },
    zero_when_equal=True,
    options={"stop_step": 2},
)


def build(
    *,
    teacher,
    student,
    stop_step: int = 10000,
    teacher_weights: str | None = None,
    temperature: float = 4.0,
    weight: float = 0.9,
    task_weight: float = 0.1,
):
    """Builds the distiller.

    Args:
        teacher: Classifier, stopped early; or a `tfkd.teachers.Teacher`.
        student: Classifier of the same classes.
        stop_step: Steps with the teacher, at least 1.
        teacher_weights: File of an early checkpoint of `teacher`
            (`.weights.h5` or `.keras`); a copy of the teacher takes its
            weights, the teacher itself stays as it is.
        temperature: T > 0, a number or schedule.
        weight: b >= 0.
        task_weight: a >= 0, a number or schedule.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If the classes differ in number, the file does not fit
            the teacher, or a number is out of range.
    """
    stop_step = at_least("eskd", "stop_step", stop_step, 1)
    if teacher_weights is not None:
        teacher = _early(teacher, teacher_weights)
    first = schedules.get(weight, "weight", minimum=0.0)
    return Distiller(
        student=student,
        teacher=teacher,
        distillation_losses=SoftTargets(
            temperature=temperature,
            weight=schedules.Until(stop_step, first),
        ),
        student_loss_weight=task_weight,
    )


def _early(teacher, path):
    """Returns a copy of a teacher with the weights of a file."""
    if not isinstance(teacher, keras.Model):
        raise InputError(
            "teacher_weights of eskd needs a keras.Model as teacher, received "
            f"{type(teacher).__name__}. Give the model, or leave the file out."
        )
    copy = keras.models.clone_model(teacher)
    try:
        with warnings.catch_warnings():
            # Keras only warns of some of the layers that it cannot load.
            warnings.simplefilter("error", UserWarning)
            copy.load_weights(path)
    except (OSError, ValueError, UserWarning) as error:
        raise InputError(
            "teacher_weights of eskd must be a weights file of the teacher "
            f"{teacher.name!r}, received {str(path)!r}: {error} Write one "
            "with keras.callbacks.ModelCheckpoint(save_weights_only=True)."
        ) from error
    return copy
