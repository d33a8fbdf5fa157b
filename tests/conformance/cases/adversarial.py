"""Conformance cases of adversarial methods."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    # Clean, two steps of the attack, and what the attack found.
    "ard": Case(student_passes=4),
    # Clean, and what the attack on the teacher found.
    "bss": Case(student_passes=2),
    "kdgan": Case(teacher=no_teacher),
}
