"""Conformance cases of online distillation."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    "codistillation": Case(teacher=no_teacher),
    "dml": Case(teacher=no_teacher, options={"peers": 3}),
    "one": Case(teacher=no_teacher),
}
