"""Conformance cases of face recognition."""

from tests.conformance.cases.base import Case

CASES = {
    # They embed: nothing trains the head.
    "triplet_distillation": Case(untrained=("logits",)),
}
