"""Conformance cases of the survey's own proposals."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.multi_teacher import two_teachers
from tests.conformance.cases.reinforcement import SEARCH

CASES = {
    "outlook_attention_gate": Case(teacher=two_teachers),
    "outlook_nas_rl": SEARCH,
    "outlook_region_gate": Case(teacher=two_teachers),
    "tgsa": Case(options={"held_out": 0.5}),
}
