"""Conformance cases of methods on features."""

from tests.conformance.cases.base import Case
from tests.conformance.cases.base import deep_teacher

CASES = {
    # Flow matrices need equal widths; depths may differ.
    "fsp": Case(teacher=deep_teacher),
    # A stage ends in the shape of the teacher's.
    "skd_stagewise": Case(teacher=deep_teacher),
}
