"""Conformance cases of cross-modal distillation."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import cnn

CASES = {
    "hafner_reid": Case(
        teacher=lambda: cnn((6, 8, 12), dense=(8,)),
        student=lambda: cnn((4, 6, 8), dense=(8,)),
        exempt={
            "saves_loads_and_trains_on": (
                "the shared head is the teacher's and the student's own: its "
                "file holds it (the method's test saves and loads)"
            )
        },
    ),
    # It matches features without labels: nothing trains the head.
    "supervision_transfer": Case(untrained=("logits",)),
}
