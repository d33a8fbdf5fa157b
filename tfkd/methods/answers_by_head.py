"""Heads of a student that answer as one teacher each."""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.errors import InputError
from tfkd.losses import SoftTargets
from tfkd.teachers import FramesTeacher
from tfkd.teachers import by_task


def distiller_by_head(
    method,
    *,
    teacher,
    student,
    frames=False,
    temperature=1.0,
    weights=None,
    task_weight=0.0,
):
    """Builds a distiller in which every teacher has a head of its own.

    Equation:  L = sum_k w_k T^2 KL(softmax(z_k / T) || softmax(s_k / T))

    Args:
        method: Key of the method.
        teacher: Dict of head to the model that teaches it.
        student: Network whose outputs are a dict of logits, one a head.
        frames: Whether teachers see clips `(batch, frames, ...)`, and the
            student's logits are `(batch, frames, classes)`.
        temperature: T > 0, a number or schedule.
        weights: Dict of head to w_k >= 0; 1 where absent.
        task_weight: Factor of the loss that is compiled.

    Returns:
        A `Distiller`, not compiled.

    Raises:
        InputError: If teachers and heads do not fit.
    """
    heads = taps.output_names(student)
    if not isinstance(teacher, dict) or set(teacher) != set(heads):
        found = sorted(teacher) if isinstance(teacher, dict) else teacher
        raise InputError(
            f"{method} needs one teacher for each head of the student, "
            f"{sorted(heads)}, received {found!r}. Pass a dict of head to "
            "model, and a student whose outputs are a dict."
        )
    weights = weights or {}
    if not set(weights) <= set(heads):
        raise InputError(
            f"weights of {method} must be of the heads {sorted(heads)}, "
            f"received {sorted(weights)}."
        )
    ensemble, taught = by_task(teacher, heads)
    return Distiller(
        student=student,
        teacher=FramesTeacher(ensemble, reduce="none") if frames else ensemble,
        distillation_losses=[
            SoftTargets(
                teacher_tap=names[0],
                student_tap=head,
                temperature=temperature,
                weight=weights.get(head, 1.0),
                name=f"soft_{head}",
            )
            for head, names in taught.items()
        ],
        student_loss_weight=task_weight,
    )
