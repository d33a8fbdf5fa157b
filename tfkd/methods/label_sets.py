"""What amalgamation shares: whose classes, and whose layers, are whose."""

from tfkd import taps
from tfkd.distances import SoftmaxKL
from tfkd.errors import InputError
from tfkd.losses import FeatureMatch
from tfkd.transforms import JoinedClasses


def checked_sets(method, label_sets, ensemble, student, *, unwanted=False):
    """Returns one list of class numbers for each teacher.

    Args:
        method: Key of the method.
        label_sets: Of each teacher, the student's class that each of its
            logits scores; all of the student's classes, in their order, for
            every teacher if `None`.
        ensemble: An `EnsembleTeacher`.
        student: Classifier of all classes.
        unwanted: Whether -1 may stand for a class that the student leaves
            out.

    Raises:
        InputError: If the sets fit neither the teachers nor the student.
    """
    classes = taps.shape(student, "logits")[-1]
    count = len(ensemble.members)
    if label_sets is None:
        sets = [list(range(classes))] * count
    else:
        sets = [[int(number) for number in one] for one in label_sets]
    widths = [_width(member) for member in ensemble.members]
    if len(sets) != count or any(
        width is not None and width != len(one)
        for width, one in zip(widths, sets)
    ):
        raise InputError(
            f"label_sets of {method} must name the student's class of every "
            f"logit of each of {count} teachers, of {widths} logits; received "
            f"{sets}. Give one tuple a teacher, in the order of its logits."
        )
    for one in sets:
        known = [number for number in one if number >= 0 or not unwanted]
        if len(set(known)) < len(known) or not all(
            0 <= number < classes for number in known
        ):
            raise InputError(
                f"A label set of {method} must hold different numbers of the "
                f"student's {classes} classes, received {one}."
                + (" -1 leaves a class out." if unwanted else "")
            )
    return sets


def joined_targets(sets, temperature, weight):
    """Returns the loss of all teachers' logits side by side, without T^2.

    Args:
        sets: What `checked_sets` returned.
        temperature: T > 0.
        weight: Factor of the loss.

    Raises:
        InputError: If the sets lack a class, or a number is out of range.
    """
    return FeatureMatch(
        teacher_tap=[f"{index}/logits" for index in range(len(sets))],
        student_tap="logits",
        teacher_transform=JoinedClasses(sets),
        distance=SoftmaxKL(temperature),
        weight=weight,
        name="joined_targets",
    )


def layers_of_all(ensemble, student):
    """Pairs every stage of a student with one of each teacher.

    The last is paired with the last; a teacher with fewer stages lends its
    first one several times.

    Returns:
        `(("0/stage1", "1/stage1", ...), "stage1"), ...`
    """
    own = taps.stages(student)
    theirs = [taps.stages(member) for member in ensemble.members]
    return [
        (
            tuple(
                f"{i}/{found[max(place - len(own), -len(found))]}"
                for i, found in enumerate(theirs)
            ),
            tap,
        )
        for place, tap in enumerate(own)
    ]


def _width(member):
    """Logits of a teacher; `None` where it is no network of its own."""
    model = getattr(member, "model", None)
    return None if model is None else taps.shape(model, "logits")[-1]
