"""Conformance cases of detection."""

from tests.conformance.cases.base import EXAMPLES
from tests.conformance.cases.base import Case
from tfkd import tasks


def detector(filters, neck):
    """A tiny detector of the scenes' digits."""
    return tasks.get("detection").model(filters=filters, neck=neck)


def boxes(needs=(), count=EXAMPLES):
    """Scenes of digits, with their boxes."""
    return tasks.get("detection").data(count)


CASES = {
    "fgfi": Case(
        teacher=lambda: detector((4, 6, 8), 8),
        student=lambda: detector((4, 4, 6), 6),
        data=boxes,
        loss=tasks.get("detection").loss(),
    ),
}
