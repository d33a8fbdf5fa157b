"""Conformance cases of adversarial methods."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {"kdgan": Case(teacher=no_teacher)}
