"""Conformance cases of semi- and self-supervised methods."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    # It learns clusters: nothing trains the head.
    "cluster_pseudo": Case(untrained=("logits",)),
    "mean_teacher": Case(teacher=no_teacher),
    "pi_model": Case(teacher=no_teacher),
}
