"""What methods share in which an old detector teaches one of more classes."""

from tfkd import taps
from tfkd.errors import InputError
from tfkd.losses import RegionMatch


def checked_detectors(method, teacher, student):
    """Returns how many classes an old detector and the student know.

    Args:
        method: Key of the method.
        teacher: Old detector.
        student: Detector of its classes and further ones.

    Raises:
        InputError: If they do not answer for the same regions, or the
            student knows no new class.
    """
    shapes = [taps.shape(model, "outputs") for model in (teacher, student)]
    if (
        any(len(shape) != 3 for shape in shapes)
        or shapes[0][1] != shapes[1][1]
        or not 5 <= shapes[0][2] < shapes[1][2]
    ):
        raise InputError(
            f"{method} needs an old detector and a student that knows more "
            "classes of the same regions, (batch, regions, 4 + classes); "
            f"received outputs of shapes {shapes[0]} and {shapes[1]}. Make "
            "the student with tfkd.models.grown_detector.grow_detector("
            "teacher, new_classes)."
        )
    return shapes[0][2] - 4, shapes[1][2] - 4


def scores_and_boxes(*, scores, boxes, weights, **regions):
    """Returns the two losses of old classes' scores and of boxes.

    Args:
        scores: Arguments of the `RegionMatch` of scores.
        boxes: Likewise of boxes.
        weights: Factors of both.
        **regions: Arguments of both.

    Raises:
        InputError: If arguments do not fit each other.
    """
    return [
        RegionMatch(
            read=read, name=f"old_{read}", weight=weight, **own, **regions
        )
        for read, own, weight in zip(
            ("scores", "boxes"), (scores, boxes), weights
        )
    ]
