"""Conformance cases of face recognition."""

from tests.conformance.cases.base import Case

CASES = {
    "mobileid": Case(untrained=("logits",)),
    # They embed: nothing trains the head.
    "triplet_distillation": Case(untrained=("logits",)),
}
