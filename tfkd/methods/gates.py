"""Methods in which a gate decides what of several teachers' maps counts."""

from tfkd import taps
from tfkd.distillers import Distiller
from tfkd.losses import GatedFeatures
from tfkd.teachers import as_ensemble


def gated_distiller(
    gate,
    *,
    teacher,
    student,
    teacher_tap,
    student_tap,
    gate_weight,
    weight,
    task_weight,
    name,
):
    """Returns a distiller of `GatedFeatures`.

    Args:
        gate: Of `GatedFeatures`.
        teacher: A list of classifiers.
        student: The student.
        teacher_tap: Name of every teacher's map; its last stage if `None`.
        student_tap: Name of the student's; the last stage if `None`.
        gate_weight: Of `GatedFeatures`.
        weight: Factor of the loss, a number or schedule.
        task_weight: Factor of the task's loss, a number or schedule.
        name: Name of the loss.
    """
    ensemble = as_ensemble(teacher)
    loss = GatedFeatures(
        gate=gate,
        teacher_taps=[
            f"{i}/{teacher_tap or taps.stages(member)[-1]}"
            for i, member in enumerate(ensemble.members)
        ],
        student_tap=student_tap or taps.stages(student)[-1],
        gate_weight=gate_weight,
        weight=weight,
        name=name,
    )
    return Distiller(
        student=student,
        teacher=ensemble,
        distillation_losses=loss,
        student_loss_weight=task_weight,
    )
