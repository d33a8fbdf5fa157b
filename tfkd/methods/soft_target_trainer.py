"""Hinton's training as a part: methods that look for a student train it so."""

from tfkd.distillers import Distiller
from tfkd.losses import SoftTargets


def soft_target_trainer(teacher, *, temperature, weight, task_weight):
    """Returns a function from a network to what distils it by soft targets.

    Args:
        teacher: A model or `Teacher`.
        temperature: Of the soft targets.
        weight: Theirs.
        task_weight: That of the labels.
    """

    def trainer(student):
        return Distiller(
            student=student,
            teacher=teacher,
            distillation_losses=SoftTargets(
                temperature=temperature, weight=weight
            ),
            student_loss_weight=task_weight,
        )

    return trainer
