"""What zero-shot methods share: a student of all classes, features taught."""

from tfkd.distances import LpDistance
from tfkd.distillers import AdaptingDistiller
from tfkd.losses import FeatureMatch


def distiller(
    loss,
    *,
    teacher,
    student,
    teacher_tap,
    student_tap,
    feature_weight,
    task_weight,
):
    """Returns a distiller that matches features, so that `loss` applies.

    Args:
        loss: What teaches the student's classifier the unseen classes in the
            teacher's features.
        teacher: Network without the unseen classes.
        student: Classifier of all.
        teacher_tap: Name of the teacher's features.
        student_tap: Name of those that the classifier receives.
        feature_weight: Factor of their mean squared difference.
        task_weight: Factor of the task loss.
    """
    return AdaptingDistiller(
        student=student,
        teacher=teacher,
        distillation_losses=[
            loss,
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                distance=LpDistance(p=2),
                weight=feature_weight,
                name="features",
            ),
        ],
        student_loss_weight=task_weight,
    )
