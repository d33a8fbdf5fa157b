"""Conformance cases of the survey's own proposals."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.multi_teacher import two_teachers

CASES = {
    "outlook_attention_gate": Case(teacher=two_teachers),
    "outlook_region_gate": Case(teacher=two_teachers),
}
