"""What methods share that compare convolutional maps."""

from tfkd import taps
from tfkd.losses import FeatureMatch


def map_losses(*, teacher, student, pairs, transform, distance, weight, name):
    """Returns one loss a pair of taps, named after the student's tap.

    Args:
        teacher: Network with convolutional taps.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)`; where maps differ in
            size, the larger is averaged to the smaller.
        transform: Called with that size, `(height, width)` or `None`;
            returns what is done to a map on either side.
        distance: A `tfkd.distances.Distance`.
        weight: Factor of each, a number or schedule.
        name: Beginning of the losses' names.

    Raises:
        InputError: If a tap is not 4-D, or a number is out of range.
    """
    losses = []
    for teacher_tap, student_tap in pairs:
        size = taps.common_size(teacher, teacher_tap, student, student_tap)
        losses.append(
            FeatureMatch(
                teacher_tap=teacher_tap,
                student_tap=student_tap,
                teacher_transform=transform(size),
                student_transform=transform(size),
                distance=distance,
                weight=weight,
                name=f"{name}_{student_tap}",
            )
        )
    return losses
