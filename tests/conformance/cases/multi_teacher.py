"""Conformance cases of methods of several teachers."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import teacher


def two_teachers():
    return [teacher(), teacher()]


CASES = {
    "distilled_reid": Case(teacher=two_teachers, student_passes=2),
    "feed": Case(teacher=two_teachers),
    "multi_teacher_triplet": Case(
        teacher=two_teachers, options={"votes": (0.6, 0.4)}
    ),
    "ruder_ka": Case(
        teacher=two_teachers, options={"similarities": (0.6, 0.2)}
    ),
}
