"""Conformance cases of domain adaptation."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.multi_teacher import two_teachers

CASES = {
    "gdsda": Case(teacher=two_teachers),
}
