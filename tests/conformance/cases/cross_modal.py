"""Conformance cases of cross-modal distillation."""

from tests.conformance.cases.base import Case

CASES = {
    # It matches features without labels: nothing trains the head.
    "supervision_transfer": Case(untrained=("logits",)),
}
