"""Conformance cases of semi- and self-supervised methods."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    # It learns clusters: nothing trains the head.
    "cluster_pseudo": Case(untrained=("logits",)),
    "dual_student": Case(teacher=no_teacher),
    "mean_teacher": Case(teacher=no_teacher),
    "pairwise_hashing": Case(teacher=no_teacher),
    "pi_model": Case(teacher=no_teacher),
    "sntg": Case(teacher=no_teacher),
    "temporal_ensembling": Case(
        teacher=no_teacher,
        exempt={
            "permuting_the_batch_permutes_values": (
                "each call moves the memory that the next one reads"
            )
        },
    ),
    "ts_dssl": Case(teacher=no_teacher),
}
