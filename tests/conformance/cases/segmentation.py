"""Conformance cases of segmentation."""

from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tfkd import tasks


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


CASES = {
    "skd_seg": Case(
        teacher=lambda: segmenter((4, 6, 8)),
        student=lambda: segmenter((4, 4, 6)),
        data=masks,
        loss=tasks.get("segmentation").loss(),
        exempt={
            "permuting_the_batch_permutes_values": (
                "the gradient penalty draws one random mix for each row"
            )
        },
    ),
}
