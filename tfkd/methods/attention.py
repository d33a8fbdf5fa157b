"""What methods share that transfer attention maps."""

from tfkd import taps
from tfkd.losses import FeatureMatch
from tfkd.transforms import AttentionMap


def attention_losses(*, teacher, student, pairs, power, distance, weight):
    """Returns one loss a pair of taps, named after the student's tap.

    Args:
        teacher: Network with convolutional taps.
        student: Likewise.
        pairs: `((teacher_tap, student_tap), ...)`; where maps differ in
            size, the larger is averaged to the smaller.
        power: Exponent of activations, at least 1.
        distance: A `tfkd.distances.Distance` of attention maps.
        weight: Factor of each, a number or schedule.

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
                teacher_transform=AttentionMap(power, size),
                student_transform=AttentionMap(power, size),
                distance=distance,
                weight=weight,
                name=f"at_{student_tap}",
            )
        )
    return losses
