"""Conformance cases of adversarial methods."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import cnn
from tests.conformance.cases.base import no_teacher
from tests.conformance.cases.multi_teacher import ANSWERS_DIFFER


def teachers_of_two_sizes():
    return [cnn((6, 8, 12)), cnn((4, 5, 6), dense=(9,))]


CASES = {
    # Clean, two steps of the attack, and what the attack found.
    "ard": Case(student_passes=4),
    # Clean, and what the attack on the teacher found.
    "bss": Case(student_passes=2),
    "kdgan": Case(teacher=no_teacher),
    "meal": Case(teacher=teachers_of_two_sizes, exempt=ANSWERS_DIFFER),
    "meal_v1_noisy": Case(teacher=teachers_of_two_sizes, exempt=ANSWERS_DIFFER),
}
