"""What methods share whose student sees another view than the teacher."""

from tfkd import taps
from tfkd.losses import FeatureMatch
from tfkd.losses import SoftTargets
from tfkd.transforms import Regressor


def answers_and_features(
    *,
    teacher,
    student,
    teacher_tap,
    student_tap,
    temperature,
    soft_weight,
    feature_weight,
):
    """Returns the survey's Eqns 2 and 10 for a pair of views.

    Args:
        teacher: Classifier of one view.
        student: Classifier of the other, of the same classes.
        teacher_tap: Name of the teacher's features.
        student_tap: Name of the student's, of the same rank; a `Regressor`
            follows where the shapes differ.
        temperature: T > 0 of the soft targets, a number or schedule.
        soft_weight: Factor of the soft targets.
        feature_weight: Factor of the features' mean squared difference.

    Returns:
        A list of two losses, `soft_targets` and `features`.

    Raises:
        InputError: If a tap does not exist.
    """
    shapes = taps.shape(teacher, teacher_tap), taps.shape(student, student_tap)
    alike = shapes[0] == shapes[1]
    return [
        SoftTargets(temperature=temperature, weight=soft_weight),
        FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            student_transform=None if alike else Regressor(),
            weight=feature_weight,
            name="features",
        ),
    ]
