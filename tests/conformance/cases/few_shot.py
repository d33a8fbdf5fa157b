"""Conformance cases of few shots."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import no_teacher

CASES = {
    "diversity_cooperation": Case(teacher=no_teacher),
    # Two parts of a task are tried, and its answers are read once more.
    "leap": Case(teacher=no_teacher, student_passes=3),
    "l2t_ww": Case(student_passes=5),
}
