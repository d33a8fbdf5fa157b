"""Conformance cases of few shots."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    "diversity_cooperation": Case(teacher=no_teacher),
    "l2t_ww": Case(student_passes=5),
}
