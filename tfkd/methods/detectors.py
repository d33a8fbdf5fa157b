"""What methods share in which a detector teaches another one."""

from tfkd import taps
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.losses import RegionMatch
from tfkd.transforms import Regressor


def same_regions(method, teacher, student):
    """Raises where two models are no detectors of the same regions.

    Args:
        method: Key of the method.
        teacher: Detector.
        student: Detector of the same classes.

    Raises:
        InputError: If their answers differ in shape, or are none.
    """
    shapes = [taps.shape(model, "outputs") for model in (teacher, student)]
    if (
        any(len(shape) != 3 or None in shape[1:] for shape in shapes)
        or shapes[0][1:] != shapes[1][1:]
        or shapes[0][2] < 5
    ):
        raise InputError(
            f"{method} needs two detectors that answer for the same regions "
            "and classes, (batch, regions, 4 + classes); received outputs of "
            f"shapes {shapes[0]} and {shapes[1]}. Use models such as "
            "tfkd.tasks.detection.model()."
        )


def image_size(method, student):
    """Returns `(height, width)` of a student's images.

    Raises:
        InputError: If it has other inputs than images of one size.
    """
    found = getattr(student, "input_shape", None)
    known = isinstance(found, tuple) and len(found) == 4
    if not known or None in found[1:3]:
        raise InputError(
            f"{method} places regions on images of one known size, (batch, "
            f"height, width, channels), received a student with inputs "
            f"{found}."
        )
    return found[1:3]


def pyramid_pairs(teacher, student):
    """Returns the stages of two detectors, and the map of boxes, in pairs."""
    names = set(taps.names(teacher)) & set(taps.names(student))
    last = (("fpn", "fpn"),) if "fpn" in names else ()
    return (*taps.stage_pairs(teacher, student), *last)


def hints(pairs, *, weights, plain=None, name="hint"):
    """Returns the squared distance of adapted maps, one loss a pair.

    Args:
        pairs: `((teacher_tap, student_tap), ...)`; a 1x1 convolution, which
            is trained, leads from the student's map to the teacher's.
        weights: Factors, as many.
        plain: Whether a pair has no convolution, as many; each has one if
            absent.
        name: Beginning of the losses' names.
    """
    plain = plain or [False] * len(pairs)
    return [
        FeatureMatch(
            teacher_tap=teacher_tap,
            student_tap=student_tap,
            student_transform=None if alike else Regressor(),
            weight=weight,
            name=f"{name}_{student_tap}",
        )
        for (teacher_tap, student_tap), weight, alike in zip(
            pairs, weights, plain
        )
    ]


def answers(*, score_weight, box_weight, threshold):
    """Returns the divergence of scores, and Huber's loss of boxes.

    Args:
        score_weight: Factor of the first, over all regions.
        box_weight: Of the second, over those of which the teacher is sure.
        threshold: In [0, 1): how sure.
    """
    return [
        RegionMatch(
            read="scores",
            distance="cross_entropy",
            weight=score_weight,
            name="scores",
        ),
        RegionMatch(
            read="boxes",
            distance="huber",
            threshold=threshold,
            weight=box_weight,
            name="boxes",
        ),
    ]
