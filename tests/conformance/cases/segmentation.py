"""Conformance cases of segmentation."""

from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tfkd import tasks
from tfkd.models import per_modality


def segmenter(filters):
    """A tiny segmenter of the scenes' classes."""
    return tasks.get("segmentation").model(filters=filters)


def masks(needs=(), count=EXAMPLES):
    """Scenes of digits, with a class for every pixel."""
    return tasks.get("segmentation").data(count)


def some_masks(needs=(), count=EXAMPLES):
    """The same, and every third scene without."""
    images, found = masks(needs, count)
    found[::3] = -1
    return images, found


def case(**arguments):
    """Two segmenters, and scenes with masks unless told otherwise."""
    return Case(
        **{
            "teacher": lambda: segmenter((4, 6, 8)),
            "student": lambda: segmenter((4, 4, 6)),
            "data": masks,
            "loss": tasks.get("segmentation").loss(),
            **arguments,
        }
    )


def modalities(needs=(), count=EXAMPLES):
    """As many scenes of either modality, which are no pairs."""
    images, found = masks(needs, count)
    return (
        {"ct": images, "mri": 16 - images[::-1]},
        {"ct": found, "mri": found[::-1]},
    )


CASES = {
    "ummkd": case(
        teacher=no_teacher,
        student=lambda: per_modality.build(segmenter((4, 4, 6)), ("ct", "mri")),
        data=modalities,
        loss={name: tasks.get("segmentation").loss() for name in ("ct", "mri")},
        # One a modality.
        student_passes=2,
    ),
    "pfs_seg": case(),
    "road": case(teacher=lambda: segmenter((6, 4, 6)), data=some_masks),
    # Two steps make the autoencoder; the third trains the student.
    "ka_seg": case(),
    "fast_seg_ts": case(data=some_masks),
    "skd_seg": case(
        exempt={
            "permuting_the_batch_permutes_values": (
                "the gradient penalty draws one random mix for each row"
            )
        },
    ),
}
