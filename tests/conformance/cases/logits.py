"""Conformance cases of methods on logits."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    "crd": Case(
        exempt={
            "permuting_the_batch_permutes_values": (
                "each call draws other negatives and moves the memory"
            )
        }
    ),
    "multi_exit_distill": Case(teacher=no_teacher),
}
