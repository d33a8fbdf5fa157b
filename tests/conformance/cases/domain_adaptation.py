"""Conformance cases of domain adaptation."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher
from tests.conformance.cases.multi_teacher import two_teachers

CASES = {
    "gdsda": Case(teacher=two_teachers),
    "cat_da": Case(teacher=no_teacher),
    "self_ensembling_da": Case(teacher=no_teacher),
}
