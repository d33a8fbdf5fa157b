"""Conformance cases of reinforcement learning."""

from tests.conformance.cases.base import Case

# Also of the other methods that look for their student.
SEARCH = Case(
    exempt=dict.fromkeys(
        (
            "the_student_is_trained_in_place",
            "swapping_the_roles_changes_what_is_trained",
        ),
        "what is trained is a network that it finds",
    )
)

CASES = {"n2n": SEARCH}
