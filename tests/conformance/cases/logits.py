"""Conformance cases of methods on logits."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    # They embed: nothing trains the head.
    "abs_teacher": Case(untrained=("logits",)),
    "rel_teacher": Case(untrained=("logits",)),
    "crd": Case(
        exempt={
            "permuting_the_batch_permutes_values": (
                "each call draws other negatives and moves the memory"
            )
        }
    ),
    "multi_exit_distill": Case(teacher=no_teacher),
}
