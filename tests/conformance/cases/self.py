"""Conformance cases of self-distillation."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    "byot": Case(teacher=no_teacher),
    "snapshot_distillation": Case(teacher=no_teacher),
}
