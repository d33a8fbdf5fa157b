"""Conformance cases of detection."""

from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tfkd import tasks


def detector(filters, neck, **arguments):
    """A tiny detector of the scenes' digits."""
    model = tasks.get("detection").model
    return model(filters=filters, neck=neck, **arguments)


def boxes(needs=(), count=EXAMPLES):
    """Scenes of digits, with their boxes."""
    return tasks.get("detection").data(count)


def some_boxes(needs=(), count=EXAMPLES):
    """The same, and nothing of every third scene."""
    images, found = boxes(needs, count)
    found[::3] = tasks.get("detection").unlabelled(len(found[::3]))
    return images, found


CASES = {
    "fgfi": Case(
        teacher=lambda: detector((4, 6, 8), 8),
        student=lambda: detector((4, 4, 6), 6),
        data=boxes,
        loss=tasks.get("detection").loss(),
    ),
}
